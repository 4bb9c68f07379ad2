// The explorer's address says what was chosen in it, and its budget line can be dragged.
(() => {
  const SIGNALS = ["task", "size_measure", "reference", "tolerance", "budget"];
  const PICKED = ["methods_picked_store", "sizes_picked_store"];
  const embed = window.vegaEmbed;
  window.vegaEmbed = (...given) =>
    embed(...given).then((result) => restore(result.view).then(() => follow(result.view)).then(() => result));

  function restore(view) {
    let chosen = {};
    try {
      chosen = JSON.parse(decodeURIComponent(location.hash.slice(1)) || "{}") ?? {};
    } catch {
      return Promise.resolve(); // an address that is none of ours leaves the chart as it is
    }
    for (const name of SIGNALS) if (typeof chosen[name] === typeof view.signal(name)) view.signal(name, chosen[name]);
    for (const name of PICKED) if (Array.isArray(chosen[name])) view.data(name, chosen[name]);
    return view.runAsync();
  }

  function follow(view) {
    const save = () => {
      const chosen = Object.fromEntries(SIGNALS.map((name) => [name, view.signal(name)]));
      for (const name of PICKED) {
        const picked = view.data(name).map(({ unit, fields, values }) => ({ unit, fields, values }));
        if (picked.length) chosen[name] = picked;
      }
      history.replaceState(null, "", "#" + encodeURIComponent(JSON.stringify(chosen)));
    };
    for (const name of SIGNALS) view.addSignalListener(name, save);
    for (const name of PICKED) view.addDataListener(name, save);
    const drag = (event) => {
      if (!event.buttons) return;
      const left = view.container().querySelector("canvas, svg").getBoundingClientRect().left;
      const place = event.clientX - left - view.origin()[0];
      if (place >= 0 && place <= view.width()) view.signal("budget", view.scale("x").invert(place)).runAsync();
    };
    view.addEventListener("pointerdown", drag);
    view.addEventListener("pointermove", drag);
  }
})();
