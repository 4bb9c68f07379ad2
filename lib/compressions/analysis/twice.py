"""Experiments that were run twice: whether the device or the libraries matter to a score."""

import pandas as pd
from scipy.stats import ttest_1samp

KEYS = ["task", "size", "configuration", "seed", "train_checksum", "validation_checksum"]
MACHINE = ["device", "processor"]


def differences(frame: pd.DataFrame, again: pd.DataFrame, by: str = "device") -> pd.DataFrame:
    """Experiments that two tables of records have from different devices, with the `difference` of their scores.

    `by` the `processor` those that a device of one kind has trained with different ones.
    """
    both = frame.merge(again[[*KEYS, *MACHINE, "score"]], on=KEYS, suffixes=("", "_again"))
    apart = both[MACHINE] != both[[f"{name}_again" for name in MACHINE]].to_numpy()
    both = both[apart[by] & (True if by == "device" else ~apart.device)]
    return both.assign(difference=both.score - both.score_again)


def unchanged(frame: pd.DataFrame, again: pd.DataFrame) -> str:
    """How many experiments made the same predictions on the same kind of machine with other libraries, in words."""
    libraries = ["torch", "transformers"]
    own = again[[*KEYS, *MACHINE, *libraries, "predictions_checksum"]]
    both = frame.merge(own, on=[*KEYS, *MACHINE], suffixes=("", "_again"))
    both = both[(both[libraries] != both[[f"{name}_again" for name in libraries]].to_numpy()).any(axis=1)]
    if both.empty:
        return "none was trained with other versions"
    same = (both.predictions_checksum == both.predictions_checksum_again).sum()
    return (
        f"{same} of {len(both)} make the same predictions with PyTorch {_all(both.torch_again)} and Transformers "
        f"{_all(both.transformers_again)}"
    )


def _all(versions: pd.Series) -> str:
    return " or ".join(sorted(versions.unique()))


def told(both: pd.DataFrame, by: str = "device") -> str:
    """The mean difference with its 95 % interval, in words.

    The interval is by Student's t over tasks and seeds: configurations of one seed have the same dropout on a device.
    """
    apart = both.groupby(["task", "size", "seed"]).difference.mean()
    names = both[by], both[f"{by}_again"]
    if any(each.nunique() != 1 for each in names) or len(apart) < 2:
        return f"too little was trained on two kinds of {by} to say what they differ by"
    low, high = ttest_1samp(apart, 0).confidence_interval()
    first, second = (each.iloc[0].replace("cpu", "a CPU") for each in names)
    return (
        f"trained on {first} instead of {second}, {len(both)} models (of {len(apart)} pairs of a task and a seed) "
        f"change by {apart.mean():+.2f} ({low:+.2f} to {high:+.2f}) points"
    )
