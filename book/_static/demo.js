// "Try it in your browser": our own models in ONNX Runtime Web, side by side. Nothing is fetched before a click.
const files = JSON.parse(document.getElementById("demo-files").textContent); // what the build says may be fetched
const about = files.models;
const [form, table] = ["form", "table"].map((name) => document.querySelector(`#demo ${name}`));
const status = document.getElementById("demo-status");
const text = document.getElementById("demo-text");
// An answer is too short for a browser's clock, so a round has many; browsers compile what is slow again, better, so that
// only later rounds are what the models take; and in turn, so that what else the machine does slows both.
const [ROUNDS, ROUND] = [10, 100]; // their number, and milliseconds of each
const NEEDED = "the page needs WebAssembly with SIMD and DecompressionStream: take a current Firefox, Chrome or Safari.";
const sessions = {}; // by the name of their file, with how long they took to fetch and to start
let runtime = null; // a promise of ONNX Runtime and the tokenizer
let busy = false;

/** An error whose message is for the reader. */
class Trouble extends Error {}

/** Whether the browser has what ONNX Runtime and the models need. */
function supported() {
  // The smallest module with a SIMD instruction, i8x16.splat.
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const simd = [1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0, 10, 8, 1, 6, 0, 0x41, 0, 0xfd, 15, 11];
  const wasm = typeof WebAssembly === "object" && WebAssembly.validate(new Uint8Array([...header, ...simd]));
  return wasm && typeof DecompressionStream === "function";
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const milliseconds = (time) => `${time.toFixed(time < 10 ? 1 : 0)} ms`;

/** A file's bytes; with a checksum, the browser refuses any other content. */
async function fetched(url, remedy, integrity) {
  const address = new URL(url, document.baseURI);
  let answer;
  try {
    answer = await fetch(address, integrity ? { integrity } : {});
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
  } catch {
    // Which of network, filter and checksum it was, the browser tells only its console.
  }
  throw new Trouble(`${address.href} could not be fetched${answer?.ok === false ? ` (${answer.status})` : ""}. ${remedy}`);
}

/** A model's file, unpacked, unless the server has told the browser to unpack it. */
async function unpacked(bytes) {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const fromModels = (name) =>
  fetched(about.url + name, "Reload the page, or run make demo and make book again.");

function fromRuntime(name) {
  const { url, integrity } = files.runtime[name];
  const remedy = "Check the network and what blocks it; make demo, where npm is, copies ONNX Runtime into the book.";
  return fetched(url, remedy, integrity);
}

/** A script of the runtime. It is imported from the checked bytes, for `import` itself checks nothing. */
async function script(name) {
  const address = URL.createObjectURL(new Blob([await fromRuntime(name)], { type: "text/javascript" }));
  return import(address).finally(() => URL.revokeObjectURL(address));
}

async function start() {
  const json = async (name) => JSON.parse(new TextDecoder().decode(await fromModels(name)));
  const [ort, wasmBinary, { Tokenizer }, tokenizer, config] = await Promise.all([
    script("ort.wasm.bundle.min.mjs"),
    fromRuntime("ort-wasm-simd-threaded.wasm"),
    script("tokenizers.min.mjs"),
    json("tokenizer.json"),
    json("tokenizer_config.json"),
  ]);
  Object.assign(ort.env.wasm, { wasmBinary, numThreads: 1 }); // threads want headers that static servers do not send
  return { ort, tokenizer: new Tokenizer(tokenizer, config) };
}

/** ONNX Runtime and the tokenizer; after a failure the next click tries again. */
export function ready() {
  runtime ??= start().catch((error) => {
    runtime = null;
    throw error;
  });
  return runtime;
}

/** The token ids that the models read, and how many the whole text has. */
export function tokenize(tokenizer, sentence) {
  const { ids } = tokenizer.encode(sentence);
  const kept = ids.length > about.max_length ? [...ids.slice(0, about.max_length - 1), ids.at(-1)] : ids;
  return { ids: kept, whole: ids.length };
}

async function load(ort, model) {
  const begin = performance.now();
  const bytes = await fromModels(model.file);
  const loaded = { fetching: performance.now() - begin, starting: Infinity };
  for (let time = 0; time < 2; time++) { // the first model's first start is also that of ONNX Runtime itself
    await loaded.session?.release();
    const from = performance.now();
    loaded.session = await ort.InferenceSession.create(await unpacked(bytes), { executionProviders: ["wasm"] });
    loaded.starting = Math.min(loaded.starting, performance.now() - from);
  }
  return loaded;
}

/** A model's probabilities of the labels for token ids, and what asks it again. */
export async function ask(ort, model, ids) {
  const loaded = (sessions[model.file] ??= await load(ort, model));
  const tensor = (values) => new ort.Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
  const given = {
    input_ids: tensor(ids),
    attention_mask: tensor(ids.map(() => 1)),
    token_type_ids: tensor(ids.map(() => 0)),
  };
  const again = () => loaded.session.run(given);
  const logits = Array.from((await again()).logits.data);
  const powers = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  const sum = powers.reduce((one, other) => one + other);
  return { shares: powers.map((power) => power / sum), again, ...loaded };
}

/** Milliseconds of one answer: the mean of a round. */
async function timed(again) {
  await new Promise((resolve) => setTimeout(resolve)); // the page may draw, and hear the reader
  const begin = performance.now();
  for (let times = 1; ; times++) {
    await again();
    const elapsed = performance.now() - begin;
    if (elapsed >= ROUND) return elapsed / times;
  }
}

/** Answer the sentence with the models that are ticked, and fill the table; gives what the status line says. */
async function answer() {
  const sentence = text.value.trim();
  const chosen = about.models.filter((_, place) => form.elements[`model-${place}`].checked);
  if (!sentence) throw new Trouble("The sentence is empty: type one.");
  if (!chosen.length) throw new Trouble("No model is chosen: tick one.");
  status.textContent = "Fetching what is not here yet…";
  const { ort, tokenizer } = await ready();
  const { ids, whole } = tokenize(tokenizer, sentence);
  const answers = [];
  for (const model of chosen) {
    const found = await ask(ort, model, ids);
    const share = Math.max(...found.shares);
    const label = `${about.labels[found.shares.indexOf(share)]} (${(100 * share).toFixed(0)} %)`;
    answers.push({ model, label, fastest: Infinity, ...found });
  }
  status.textContent = "Measuring milliseconds…";
  for (let round = 0; round < ROUNDS; round++)
    for (const each of answers) each.fastest = Math.min(each.fastest, await timed(each.again));
  for (const { model, label, fetching, starting, fastest } of answers) {
    const cells = [megabytes(model.bytes), ...[fetching, starting, fastest].map(milliseconds), label];
    const column = 1 + about.models.indexOf(model);
    cells.forEach((cell, row) => (table.tBodies[0].rows[row].cells[column].textContent = cell));
  }
  const said = answers.map(({ model, label }) => `${model.name}: ${label}`).join("; ");
  const cut = whole > about.max_length ? ` The sentence has ${whole} tokens; the models read ${about.max_length}.` : "";
  return `${said}.${cut}`;
}

async function submitted(event) {
  event.preventDefault();
  if (busy) return; // and the button is not disabled, which would take the focus from it
  busy = true;
  for (const cell of table.querySelectorAll("tbody td")) cell.textContent = "–";
  try {
    status.textContent = await answer();
  } catch (error) {
    const known = error instanceof Trouble;
    status.textContent = known ? error.message : `The models could not be run (${error.message}). Reload the page to try again.`;
  } finally {
    busy = false;
  }
}

/** Fill the form with what the build knows of the models. */
function show() {
  const [choice, head] = [form.querySelector("fieldset"), table.querySelector("thead tr")];
  about.models.forEach((model, place) => {
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", name: `model-${place}`, checked: true });
    label.append(box, ` ${model.name} (${megabytes(model.bytes)})`);
    choice.append(label);
    head.append(Object.assign(document.createElement("th"), { scope: "col", textContent: model.name }));
    for (const row of table.tBodies[0].rows) row.insertCell().textContent = "–";
  });
  const task = about.task === "sst2" ? "SST-2, reviews of films" : `the built-in task “${about.task}”`;
  const scores = about.models.map((model) => `${model.name} ${model.score.toFixed(1)}`).join(", ");
  const bytes = Object.values(files.runtime).reduce((sum, file) => sum + file.bytes, 0);
  document.getElementById("demo-about").textContent =
    `Both models are BERT ${about.size.toUpperCase()}, fine-tuned on ${about.train_rows.toLocaleString("en")} rows of ${task}. ` +
    `Accuracy on the validation rows: ${scores}. The first answer also fetches ONNX Runtime (${megabytes(bytes)}).`;
  form.addEventListener("submit", submitted);
  form.hidden = table.hidden = false;
}

if (!about) {
  status.textContent = "This book was built without the demo’s models. Run make demo, then make book.";
} else if (!supported()) {
  status.textContent = `This browser is too old: ${NEEDED}`;
} else {
  show();
  status.textContent = "Nothing has been fetched yet.";
}
