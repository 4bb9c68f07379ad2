"""A figure's CSV holds the numbers that it shows."""

import matplotlib.pyplot as plt
import numpy as np

from compressions.book.figure_data import figure_data


def test_lines_points_bars_outlines_and_images_are_read_off():
    figure, (left, right) = plt.subplots(1, 2)
    left.plot([1, 2], [3, 4], label="line")
    left.scatter([5], [6], label="point")
    left.vlines([1], 0, 1)
    left.barh([7], [8], label="bar")
    left.set_title("left")
    right.imshow(np.array([[9, 10]]))
    right.hist([0.5], bins=1, range=(0, 1), histtype="stepfilled", label="outline")
    frame = figure_data(figure)
    plt.close(figure)
    by_mark = {mark: part[["x", "y"]].astype(float).to_numpy().tolist() for mark, part in frame.groupby("mark")}
    assert by_mark["line"] == [[1, 3], [2, 4]] and by_mark["point"] == [[5, 6]] and by_mark["bar"] == [[8, 7]]
    assert [0, 1] in by_mark["outline"] and set(frame.value.dropna()) == {9, 10}
    assert set(frame.panel) == {"left", 1}


def test_a_figure_without_marks_has_an_empty_table():
    figure = plt.figure()
    assert list(figure_data(figure).columns) == ["panel", "mark", "x", "y"] and figure_data(figure).empty
    plt.close(figure)
