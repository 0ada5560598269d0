"""What the parameter book says of ensembles: their designs, and samples of one's own."""

from __future__ import annotations

ENSEMBLES = """\
## Ensembles

`vary` holds patterns over the names of numbers; `keep` draws are kept whole. All spread their draws at
random, without a file of samples, each draw with luck of its own: `design: random`, `sample: null`, `luck:
own`.
"""

DESIGNS = """\
### Designs

`ensemble.design` says how the numbers that vary are spread over the draws. Each number keeps its
distribution.

| design | draws | how many | a longer run |
| --- | --- | --- | --- |
| `random` | independent of each other | any | begins with the same draws |
| `sobol` | a scrambled Sobol sequence: smaller gaps | any, best a power of two | begins with the same |
| `latin_hypercube` | one in each equally likely slice of every range | any | has others |
| `morris` | walks: each number in turn jumps between four quantiles | k (D + 1) | likewise, at the same D |
| `saltelli` | two points; between them the first with one number of the second | N (D + 2) | likewise |

- D is how many numbers vary, N a power of two. Where `ensemble.draws` does not fit, the error names the
  nearest numbers that do. There are no pairs of numbers in `saltelli`: indices are of first order and
  total.
- What is pinned, swept, given by a file, or missed by `ensemble.vary` has no part in a design.
- In the first three designs, pinning a number or choosing another client's rule moves no other number, so
  that arms and runs stay paired draw by draw; in `sobol` other patrons do. In `morris` and `saltelli` it
  makes another design of another size: let every arm and rule vary the same numbers, as with
  `'ensemble.vary=[patrons.*]'`.
- Draw i has luck i in every design. In `morris` and `saltelli` that makes the draws of a walk, or of two
  points, differ by their luck too, which passes for an effect of every number. `ensemble.luck=shared` gives
  them one luck, and each group another: effects are then those on the same luck, and interaction with luck
  counts as theirs. `chance=expected` takes luck away.
- `morris` and `saltelli` are for analysis. Their draws are no sample of possible worlds, nor independent:
  read no probability, quantile or interval out of the summary of such a run.

Which of Russia's 22 uncertain numbers matter for how often it coerces, with SALib:

```python
import hedging
import numpy as np
from SALib.analyze import morris

asked = ["ensemble.vary=[patrons.russia.*]", "ensemble.design=morris", "ensemble.luck=shared"]
hedging.simulate("baseline", asked, draws=10 * 23, save="morris_of_russia")

draws = hedging.load("morris_of_russia", "draws")
names = [name for name in draws if name.startswith(("world.", "client.", "patrons."))]
problem = {"num_vars": len(names), "names": names, "bounds": [[0, 1]] * len(names)}
points = np.stack([draws[name] for name in names], axis=1)
effects = morris.analyze(problem, points, draws["coercive_quarters.russia"].to_numpy(), num_levels=4)
effects.to_df().sort_values("mu_star", ascending=False).head()
```

Of a `saltelli` run, `SALib.analyze.sobol.analyze(problem, outcome, calc_second_order=False)` gives the
indices.

### Samples of your own

`ensemble.sample` is the path, from the current folder on, of a Parquet file with a row for each draw. A
column named as a number, such as `patrons.russia.red_line`, gives its values, correlated with others as you
please, within its range or not, but admissible; all other numbers are as without the file. `draw`, `weight`
and outcomes may stand beside, so that the `draws.parquet` of a run will do; any other column is an error.
Rows beyond `ensemble.draws` are left alone. A number of the file may be neither pinned nor swept. What the
file holds is part of the setting: another content is another run.

```python
import hedging
import numpy as np
import pandas as pd

spread = [[0.02, 0.004], [0.004, 0.002]]  # the more patient is the more jealous
line, jealousy = np.random.default_rng(1).multivariate_normal([1, 0.18], spread, 200).T
mine = {"patrons.russia.red_line": line.clip(0.1), "patrons.russia.jealousy": jealousy.clip(0)}
pd.DataFrame(mine).to_parquet("mine.parquet")
worlds = hedging.simulate("baseline", ["ensemble.sample=mine.parquet"], draws=200)
```
"""
