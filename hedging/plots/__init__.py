"""Figures: from what a run leaves to a matplotlib Figure, each kind one function in one file of `kinds/`.

`view.draw_figures(hedging.load(folder), folder)` draws again what a run has drawn, from summary.csv alone.
A kind of one's own is a function of a view and its options, named in a study's file by its dotted name:

    @figure_kind(reads="measures")
    def ladder(view: View, panels: Panels, x: Axis | None = None) -> Figure: ...

    figure: {kind: my_figures.ladder, panels: [total_utility]}
"""
