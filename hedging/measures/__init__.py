"""Measures: what is said about a run, each one small function of plain arrays named as in the trajectories.

(quarter, ..., draw) -> (quarter, draw), (quarter, patron, draw), (patron, draw) or (draw,). Flows have a row
per quarter, states one more. A measure is declared where it is computed, by `measure` above its function;
every module of this folder is looked through, and no list names it.
"""
