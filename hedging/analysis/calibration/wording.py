"""What the report of a calibration says in words, whatever the numbers."""

TARGETS = """\
Values, facts and tolerances are in [configs/targets.yaml](../../configs/targets.yaml), with why each
tolerance is what it is. Two tolerances are kept apart: the error of the *record*, and the discrepancy of
the *model*, what it leaves out and would miss even with its true numbers. Discrepancies of one family
(reserves, GDP, a share of trade) go together over the years. A *miss* is that of the median world, in
standard deviations of both; a target is met within two.
"""

MECHANISMS = {
    "reserves_2016": (
        "Missing: 2015 itself. The rouble fell, demand from the largest market fell, a eurobond of a "
        "billion came due, "
        "and reserves shrank although the energy rent was high. The model knows one `external_gap` "
        "for all years, so "
        "that a high rent must fill the coffers at once; no number can empty them in 2015 and fill "
        "them by 2020."
    ),
    "reserves_2017": "As for 2016: the bottom comes two years too early and too shallow.",
    "gdp_2016": (
        "Missing: an exchange rate. The fall of a quarter in dollars is the price of the rouble, not "
        "output, and the "
        "model has one price level. Read it as real output in dollars of calm years; no other number "
        "should follow it."
    ),
    "debt_market": (
        "The model borrows whenever reserves are short; lenders in fact came twice in five years. "
        "The state debt it "
        "opens with is also one that other creditors share."
    ),
    "pressed_2016_2017": (
        "Wrong: what pressure is about. In the record it began over unpaid gas and ended with a "
        "settlement; here it "
        "comes from frustration that courtship and refusals build up, which in two years rarely "
        "reaches the line. And "
        "each quarter of it turns trade away from Russia (`BLOCKADE_DRIFT`), where in the record the "
        "share rose: the "
        "stable shares of trade argue against the very pressure that is on record, and the fit gives "
        "way there."
    ),
    "sentiment_rise": (
        "Missing: an open demand. Support for the union fell by a third within the year in which "
        "integration was asked "
        "for in public. Here the demand is the same every quarter from 2015, and `sentiment_demand` "
        "has one value "
        "without a range, by which a year of demands moves sentiment by a point or two."
    ),
    "lent_russia_2019": (
        "Missing: a patron that closes its purse without coercing. In 2019 no new loan came and old "
        "ones were repaid; "
        "here lending goes on unless coercion strikes."
    ),
}

PROPOSALS = """\
The fitted rule once more with something changed, each change found by looking at the misses, so that what
it gains is an upper bound; one unit of log evidence is a factor of 2.7, and below 3 is weak. A gain is
against the model as it is.
"""

CHANGES = """\
**What follows.** No equation and no number was changed for this: the changes were found by looking at what is
missed, each needs a source of its own, and each alone is weak; together they are not. The smallest ones worth
making, in this order: (1) in `world=history`, a wider `external_gap` in 2015, from the trade balance of those
years, as a dated event or a series like that of energy; (2) a date for the demand: `demand0` raised from
2018Q4 by an event in `world=history`, with a range for `sentiment_demand`; (3) a cut of energy apart from the
`blockade` of trade, so that a quarter of dear crude need not turn trade away. The first two need no new
equation, and leave every study that is not played in `world=history` as it is.
"""

NUMBERS = """\
That a number moved says that the record prefers other values *given the equations*; where a mechanism is
missing, it may move to make up for it. `diversification_push` and `trade_share0` moved because shares of
trade stayed put; the numbers of the purse (`external_gap`, `market_access`, `reserves_target`) because
reserves started low, which the model explains only in part. How the client weighs sovereignty, how patrons
grow angry and where their red lines are is hardly touched: the record holds one episode of coercion, and
one cannot tell rates.
"""

RECOVERY = """\
This shows that the method is right about the model; it cannot show that the model is right about history.
*Moved* are the numbers that the true record moves; made histories may move others. The annealings here have a
fraction of the particles of the fit, which costs intervals a little of their width.
"""

RULES = """\
All rules were as likely beforehand. The log evidence is that of the whole record under the rule's own
prior, up to a constant; its error is that of the computation, over repeated annealings, and the intervals
of the probabilities are that error alone. With a tolerance times e every standard deviation is e times as
wide. The rules that play the model on (lookahead, quantal response) got fewer draws, being thirty to a
hundred times as slow: the weight of a rule is a mean over its own draws, so that their number moves its
error and not its value. The numbers inside a rule (as `court` or `precision`) are at their one shipped
value: another value is another rule, not tried here; a stance that never changes (*persistence*) is sampled
over all strengths.
"""

CLAIMS = """\
A verdict can change because the numbers did, and because a share lies near a border (two thirds, nine
tenths): the shares tell which. What is claimed on average is judged by resamples, so that its share goes
from none to all with the sign of a difference that may be small; [claims.csv](claims.csv) has the size. The
posterior is of the numbers alone, under the rule `heuristic` and in `world=history`; a study plays it in
its own world, under its own rules, and with luck of its own. What a study pins, sweeps or gives another
range is not taken from the posterior.
"""

METHOD = """\
1. **Prior.** Every number that has a range is drawn from it, independently, as in any run; all of chance
   beside.
2. **History matching.** Implausibility of each world, target by target (Craig et al. 1997; Vernon et al.
   2010).
3. **Posterior.** Approximate Bayesian computation by sequential Monte Carlo (Del Moral et al. 2006, 2012;
   Toni et al. 2009) with a Gaussian kernel, whose width falls to the stated errors: the kernel *is* the
   error model, so that nothing is approximate about the end point (Wilkinson 2013), and the targets are
   used whole, without being reduced to summaries. A world is a point of the unit cube, numbers and luck
   together; particles are moved by redrawing or nudging part of their coordinates, so that neither a tuned
   proposal nor a surrogate is needed. Luck is a coordinate too: one that fits is kept while numbers move,
   which is what makes a record with a dated event reachable.
4. **Evidence** of a rule: what the same annealing gives on the way (Del Moral et al. 2006). Since the whole
   record is compared, model choice does not suffer from summaries that are insufficient (Robert et al.
   2011).

Why not otherwise: plain rejection keeps some forty draws in two hundred thousand; regression adjustment
(Beaumont et al. 2002) extrapolates linearly over 73 numbers into a corner that the prior hardly reaches;
random forests (Raynal et al. 2019; Pudlo et al. 2016) give one number's posterior at a time, where the
studies need joint draws. pyabc drives a simulator world by world where this one steps thousands at once,
and sbi needs torch. numpy and scipy do.
"""

LIMITS = """\
**What to believe.** Levels of debt to the patrons, of trade and of net lending, and the numbers they rest
on: yes, within their tolerances. Reserves: not their beginning, and their end only because it was fitted.
Coercion: that it was possible, not how often. Sentiment in 2019: no. The client's rule: see above. Fans after
2020: what follows if the equations hold; nothing in them was fitted.

**Not fitted**, for want of a measure in the model or of a record: the arrears of 2016 and their settlement;
that a Chinese loan followed a withheld Russian one (one episode; the model has no such mechanism); reserves
against compliance quarter by quarter; prisoners freed and sanctions lifted; bases and recognition of
Crimea; votes in the United Nations; support for the European Union; net Chinese lending of 2016 and 2019,
whose record covers part of the year. **Judgement remains**: every discrepancy is one, and with all
tolerances doubled the record says next to nothing about the rule. Most shares of trade and the reserves of
2016 are recalled figures.
"""

REFERENCES = """\
## References

- Beaumont, M. A., Zhang, W. and Balding, D. J. (2002). Approximate Bayesian computation in population
  genetics. *Genetics* 162(4).
- Cook, S. R., Gelman, A. and Rubin, D. B. (2006). Validation of software for Bayesian models using
  posterior quantiles. *Journal of Computational and Graphical Statistics* 15(3).
- Craig, P. S., Goldstein, M., Seheult, A. H. and Smith, J. A. (1997). Pressure matching for hydrocarbon
  reservoirs. *Case Studies in Bayesian Statistics* 3.
- Del Moral, P., Doucet, A. and Jasra, A. (2006). Sequential Monte Carlo samplers. *JRSS B* 68(3); (2012).
  An adaptive sequential Monte Carlo method for approximate Bayesian computation. *Statistics and Computing*
  22.
- Pudlo, P., Marin, J.-M., Estoup, A., et al. (2016). Reliable ABC model choice via random forests.
  *Bioinformatics* 32(6).
- Raynal, L., Marin, J.-M., Pudlo, P., et al. (2019). ABC random forests for Bayesian parameter inference.
  *Bioinformatics* 35(10).
- Robert, C. P., Cornuet, J.-M., Marin, J.-M. and Pillai, N. S. (2011). Lack of confidence in approximate
  Bayesian computation model choice. *PNAS* 108(37).
- Talts, S., Betancourt, M., Simpson, D., Vehtari, A. and Gelman, A. (2018). Validating Bayesian inference
  algorithms with simulation-based calibration. arXiv:1804.06788.
- Toni, T., Welch, D., Strelkowa, N., Ipsen, A. and Stumpf, M. P. H. (2009). Approximate Bayesian
  computation scheme for parameter inference and model selection in dynamical systems. *Journal of the Royal
  Society Interface* 6(31).
- Vernon, I., Goldstein, M. and Bower, R. G. (2010). Galaxy formation: a Bayesian uncertainty analysis.
  *Bayesian Analysis* 5(4).
- Wilkinson, R. D. (2013). Approximate Bayesian computation (ABC) gives exact results under the assumption
  of model error. *Statistical Applications in Genetics and Molecular Biology* 12(2).
"""
