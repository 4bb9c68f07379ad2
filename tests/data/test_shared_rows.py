"""Rows that are made once and then shared."""

import datasets

from compressions.data.shared_rows import shared_rows


def test_rows_are_made_once_and_a_broken_file_is_made_again(own_cache):
    made = []

    def make() -> datasets.Dataset:
        made.append(1)
        label = datasets.ClassLabel(names=["no", "yes"])
        features = datasets.Features({"text": datasets.Value("string"), "label": label})
        return datasets.Dataset.from_dict({"text": ["a", "b"], "label": [0, 1]}, features=features)

    first, second = (shared_rows("tried", "k" * 40, make) for _ in range(2))
    assert len(made) == 1 and first.to_list() == second.to_list() == make().to_list()
    assert first.features["label"].names == ["no", "yes"]
    (path,) = (own_cache / "tried").glob("*.parquet")
    content = bytearray(path.read_bytes())
    content[8] ^= 1
    path.write_bytes(content)
    before = len(made)
    assert shared_rows("tried", "k" * 40, make).to_list() == first.to_list() and len(made) == before + 1
