"""One quarter of one world worked out by hand, patron by patron in plain numbers, apart from the phases: what
every figure and cause that is new in version 2 comes to, by the equations of `hedging/README.md`.

`python -m tests.working_out` prints the quarters of version 2 in `golden/explained.json` anew.
"""

from __future__ import annotations

import json
from collections import defaultdict
from math import exp, expm1, log, log1p, prod
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hedging.analysis.explain.replay import Moment, Story
from hedging.world.chance import Luck, uniform

GOLDEN = Path(__file__).parent / "golden" / "explained.json"


def sig(x: float) -> float:
    return 1 / (1 + exp(-min(max(x, -50.0), 50.0)))


def clip(x: float) -> float:
    return min(max(x, 0.0), 1.0)


def plain(record: Any) -> Any:
    """A record of one draw in plain numbers: a number, a list by patron, or a list of lists by pair."""
    return SimpleNamespace(**{k: v[..., 0].tolist() for k, v in vars(record).items() if hasattr(v, "tolist")})


class Worked:
    """A quarter worked out: `figures` by name, `causes` by name and cause, a list by patron or one number."""

    def __init__(self, story: Story, now: Moment) -> None:
        self.patrons, self.t = now.sight.patrons, now.quarter
        self.s, self.p, self.rows = plain(now.before), plain(now.p), range(len(now.sight.patrons))
        self.effort = now.f.effort[:, 0].tolist()
        self.luck: Luck | None = getattr(now.chance, "luck", None)
        energy = story.settings.energy
        index = [*energy, *[sum(energy[-8:]) / 8] * 40][self.t] if energy else 1.0
        self.price = self.p.energy_price * index
        self.figures: dict[str, Any] = {}
        self.causes: dict[str, dict[str, Any]] = {}
        self.discounts()
        self.bids()
        self.ladder()
        self.answers()
        self.credit()
        self.trade()
        self.money()
        self.mood()

    def event(self, purpose: str, odds: list[float]) -> list[float]:
        """Whether it happens to each: its odds, or whether they lie above the draw's random number."""
        if self.luck is None:
            return odds
        numbers = self.luck.numbers(purpose, self.luck.patrons, uniform, self.t)[:, 0]
        return [float(u < x) for u, x in zip(numbers, odds, strict=True)]

    def discounts(self) -> None:
        p, s, rows = self.p, self.s, self.rows
        m = min(max(self.t - p.phaseout_start + 1, 0), p.phaseout_quarters)
        base = sum(p.subsidy0)
        loss = min(2 * p.phaseout_total / (p.phaseout_quarters + 1) * m / p.phaseout_quarters, base)
        part = loss / base if base else 0.0
        self.scheduled = [x * self.price * (1 - part) for x in p.subsidy0]
        lost = [x * self.price * part for x in p.subsidy0]
        way = [(s.concession[i] - p.concession0[i]) / (1 - p.concession0[i]) for i in rows]
        progress = [clip(x) for x in way]
        self.ahead = sum(p.beta**h for h in range(20))
        self.restored = [p.linkage[i] * lost[i] / (1 - p.concession0[i]) * self.ahead for i in rows]
        back = [p.linkage[i] * progress[i] * lost[i] for i in rows]
        self.figures |= {"lost": lost, "progress": progress, "earned_back": back}

    def bids(self) -> None:
        p, s, rows = self.p, self.s, self.rows
        u = exp(-(p.deadline - self.t) / p.deadline_tau) if self.t <= p.deadline else 0.0
        press = [1 + p.deadline_demand * u * x for x in p.deadline_holder]
        self.demand = [p.demand0[i] * press[i] * (1 - s.concession[i]) for i in rows]
        peril = clip((p.unrest_line - s.legitimacy) / 0.15)
        sov = [p.theta_sov * w * d for w, d in zip(p.sov_weight, self.demand, strict=True)]
        ctl = [p.theta_ctl * w * d for w, d in zip(p.ctl_weight, self.demand, strict=True)]
        pride = [x * p.zeta * s.national_sentiment for x in sov]
        fright = [p.fear * peril * (ctl[i] - sov[i] - pride[i]) for i in rows]
        self.causes["cost"] = {"sovereignty": sov, "sentiment": pride, "control": ctl, "peril": fright}
        self.cost = [sov[i] + pride[i] + ctl[i] + fright[i] for i in rows]
        self.phi = [g + (1 - g) * p.loan_value for g in p.grant_share]
        earn = [self.restored[i] * self.demand[i] for i in rows]
        full = [self.asked(i, self.cost[i], 0.0) for i in rows]
        bold = [self.asked(i, self.cost[i] - fright[i], earn[i]) for i in rows]
        price = [self.asked(i, self.cost[i], earn[i]) for i in rows]
        self.anger = [clip(s.frustration[i] / p.red_line[i]) for i in rows]
        self.door = [(1 - p.conditionality[i] * s.repression) * (1 - p.squeamishness[i]) for i in rows]
        self.carrot, self.offer = [], []
        for i in rows:
            gate = self.door[i] * prod(1 - p.deference[i][q] * self.anger[q] for q in rows if q != i)
            minded = sum(p.rivalry[i][q] * s.warmth[q] for q in rows if q != i)
            keep = s.salience[i] * p.retention[i] * gate * (1 - self.anger[i]) * minded
            self.carrot.append(min(p.budget[i] * gate, keep))
            channel = p.channel0 + (1 - p.channel0) * s.warmth[i]
            most = s.salience[i] * p.concession_value[i] * self.demand[i] * gate * channel
            outside = sum(s.warmth[q] * s.last_bid[q] for q in rows if q != i)
            more = outside / (outside + most + 1e-9) * max(most - price[i], 0.0)
            purse = max(p.budget[i] * gate - self.carrot[i], 0.0)
            self.offer.append(min(max(min(most, price[i] + more), 0.0), purse))
        self.figures |= {"peril": peril, "demand": self.demand, "to_earn": earn, "full_price": full}
        self.figures |= {"bold_price": bold, "reservation": price, "offer": self.offer}

    def asked(self, i: int, cost: float, earned: float) -> float:
        """The client's price of a concession to a patron, less the discounts that it earns back."""
        wealth = self.s.reserves + self.p.reserve_floor
        return max(wealth * expm1(min(cost / self.p.theta_money, 20.0)) - earned, 0.0) / self.phi[i]

    def ladder(self) -> None:
        p, s, rows = self.p, self.s, self.rows

        def odds(k: list[float]) -> list[float]:
            over = [(s.frustration[i] - k[i] * p.red_line[i]) / p.red_line_width[i] for i in rows]
            return [p.coercive_capacity[i] * sig(over[i]) for i in rows]

        likely = odds(p.hold_multiple), odds([1.0] * len(rows)), odds(p.blockade_multiple)
        self.hold, self.coerce, self.blocked = (self.event("coerce", x) for x in likely)
        names = ("hold_probability", "coerce_probability", "block_probability")
        self.figures |= dict(zip(names, likely, strict=True))
        self.figures |= {"hold": self.hold, "coerce": self.coerce, "blocked": self.blocked}

    def answers(self) -> None:
        p, rows, wealth = self.p, self.rows, self.s.reserves + self.p.reserve_floor
        cash = [self.phi[i] * self.offer[i] for i in rows]
        earn = self.figures["to_earn"]
        money = [p.theta_money * log1p(x / wealth) for x in cash]
        both = [p.theta_money * log1p((cash[i] + earn[i]) / wealth) for i in rows]
        loss = [-x for x in self.cost]
        discounts = [both[i] - money[i] for i in rows]
        self.causes["gain"] = {"money": money, "discounts": discounts, "concession": loss}
        chance = [sig(p.accept_precision * (both[i] - self.cost[i])) for i in rows]
        chance = [chance[i] if self.offer[i] + earn[i] > 1e-9 else 0.0 for i in rows]
        self.accept = self.event("accept", chance)
        self.figures |= {"accept_probability": chance, "accept": self.accept}

    def credit(self) -> None:
        p, s, rows, hold = self.p, self.s, self.rows, self.hold
        self.repayment = [p.amortisation * x for x in s.debt]
        self.rolled = [p.rollover[i] * self.repayment[i] * (1 - hold[i]) for i in rows]
        appetite = clip(1.5 - s.reserves / p.reserves_target)
        drawn = [p.draw_rate[i] * s.credit_line[i] * self.door[i] for i in rows]
        due = [p.rollover[i] * self.repayment[i] + drawn[i] * appetite for i in rows]
        cap = [p.surge[i] * drawn[i] * (1 - hold[i]) for i in rows]
        lent = defaultdict(float)  # by lender and holder
        for i in rows:
            for q in rows:
                if i != q:
                    rest = sum(s.warmth[r] * cap[r] for r in rows if r != q) + 1e-12
                    lent[i, q] = hold[q] * min(cap[i], due[q] * s.warmth[i] * cap[i] / rest)
        asked = [sum(lent[i, q] for q in rows) for i in rows]
        bridge = [min(cap[i], asked[i]) for i in rows]
        kept = {(i, q): x * bridge[i] / asked[i] if asked[i] else 0.0 for (i, q), x in lent.items()}
        own = dict.fromkeys(((i, i) for i in rows), 0.0)
        of, by = kept | own, {(q, i): x for (i, q), x in (kept | own).items()}
        self.causes["bridge"] = {name: [of[i, q] for i in rows] for q, name in enumerate(self.patrons)}
        self.causes["bridged"] = {name: [by[q, i] for q in rows] for i, name in enumerate(self.patrons)}
        usual = [drawn[i] * appetite for i in rows]
        self.drawn = [min(usual[i] * (1 - hold[i]) + bridge[i], s.credit_line[i]) for i in rows]
        freed = [self.repayment[i] - self.rolled[i] for i in rows]
        left = [min(p.credit_line0[i], s.credit_line[i] - self.drawn[i] + freed[i]) for i in rows]
        bound = [left[i] - s.credit_line[i] + self.drawn[i] - freed[i] for i in rows]
        took = [-x for x in self.drawn]
        self.causes["credit_line"] = {"drawn": took, "repaid": freed, "bound": bound}
        missing = sum(hold[i] * due[i] for i in rows)
        self.figures |= {"usual": usual, "due": due, "bridge_cap": cap, "bridge": bridge, "missing": missing}
        self.figures |= {"credit": self.drawn, "end_credit_line": left, "appetite": appetite}

    def trade(self) -> None:
        p, s, rows = self.p, self.s, self.rows

        def turned(blocked: list[float], push: float, memory: float) -> list[float]:
            pull = [p.trade_response * (s.warmth[i] - p.warmth0[i]) for i in rows]
            pull = [*(pull[i] - 0.3 * p.blockade[i] * blocked[i] for i in rows), 0.0]
            for k, (share, anchor) in enumerate(zip(s.trade_share, s.anchor, strict=True)):
                pull[k] += memory * (log(anchor) - log(share)) - push * share
            whole = [share * exp(x) for share, x in zip(s.trade_share, pull, strict=True)]
            return [x / sum(whole) for x in whole]

        calm, end = [0.0] * len(rows), turned(self.blocked, p.diversification_push, p.trade_memory)
        steps = [s.trade_share, turned(calm, 0, 0), turned(self.blocked, 0, 0)]
        steps += [turned(self.blocked, p.diversification_push, 0), end]
        self.causes["trade_share"] = {
            cause: [steps[k + 1][i] - steps[k][i] for i in rows]
            for k, cause in enumerate(("ties", "blockades", "push", "anchor"))
        }
        moved = 0.5 * sum(abs(b - a) for a, b in zip(s.trade_share, end, strict=True))
        self.adjust = p.adjust_unit * 4 * p.openness * s.gdp * moved
        self.figures["end_trade_share"] = end[:-1]

    def money(self) -> None:
        p, s, rows = self.p, self.s, self.rows
        back, due, pay = self.figures["earned_back"], self.figures["due"], []
        promised = [self.scheduled[i] + back[i] for i in rows]
        cut = [promised[i] * p.coercive_cut[i] * self.coerce[i] for i in rows]
        pay = [self.accept[i] * self.offer[i] + self.carrot[i] * (1 - self.coerce[i]) for i in rows]
        shut = [p.blockade[i] * self.blocked[i] * s.trade_share[i] for i in rows]
        lost = [2 * p.blockade_impact * s.gdp * x for x in shut]
        held = [self.hold[i] * due[i] for i in rows]
        kept = [self.carrot[i] * self.coerce[i] for i in rows]
        self.causes["blow"] = {"subsidy": cut, "loans": held, "carrot": kept, "output": lost}
        service = sum(self.rolled[i] - self.repayment[i] - p.interest_rate[i] * s.debt[i] for i in rows)
        open_market = prod(1 - p.market_sanction[i] * self.coerce[i] for i in rows)
        gap = 0.25 * max(p.reserves_target - s.reserves, 0.0)
        fresh = min(p.market_cap * p.market_access * open_market, gap)
        market = fresh + s.market_debt * ((p.market_rollover - 1) * p.amortisation - p.market_rate)
        flows = {
            "subsidies": sum(promised) - sum(cut),
            "deals": sum(pay),
            "credit": sum(self.drawn),
            "patron_debt": service,
            "market_debt": market,
            "external": -p.external_gap * s.gdp / p.gdp0,
            "austerity": p.austerity_max * s.gdp * clip(1 - s.reserves / p.reserves_target),
            "blockades": -sum(lost),
            "adjustment": -self.adjust,
        }
        flows["compression"] = max(-s.reserves - sum(flows.values()), 0.0)
        self.causes["reserves"] = flows
        self.figures["end_reserves"] = s.reserves + sum(flows.values())

    def mood(self) -> None:
        p, s, rows = self.p, self.s, self.rows
        news = [max(self.demand[i] - s.accustomed[i], 0.0) for i in rows]
        felt = sum(p.sov_weight[i] * news[i] * s.salience[i] * p.coercive_capacity[i] for i in rows)
        moves = {
            "reversion": p.sentiment_reversion * (p.sentiment_base - s.national_sentiment),
            "pressure": p.sentiment_demand * felt,
            "coercion": p.sentiment_coercion * sum(self.coerce),
        }
        end = clip(s.national_sentiment + sum(moves.values()))
        self.causes["national_sentiment"] = moves | {
            "bound": end - s.national_sentiment - sum(moves.values())
        }
        used = [s.accustomed[i] + p.habituation * (self.demand[i] - s.accustomed[i]) for i in rows]
        self.figures |= {"end_national_sentiment": end, "end_accustomed": used}


MONEY, CHANGE = ("blow", "bridge", "bridged"), {"cost": ".3f", "reserves": "+.2f", "trade_share": "+.2%"}
LEAST = {"reserves": 0.005, "trade_share": 0.00005, "gain": 0.0001}


def dollars(x: float) -> str:
    return f"${x:.2f} bn" if x >= 0.0995 else f"${1000 * x:.0f} m"


def printed(story: Story, worked: Worked) -> dict[str, Any]:
    """The causes of a quarter as an explanation must tell them, by whose and of what; rows of its table."""
    causes: dict[str, Any] = {who: {} for who in (*worked.patrons, "client")}
    table: dict[str, list[str]] = {}
    for part, found in worked.causes.items():
        for cause, amounts in found.items():
            whose = worked.patrons if isinstance(amounts, list) else ("client",)
            values = amounts if isinstance(amounts, list) else [amounts]
            for who, value in zip(whose, values, strict=True):
                if abs(value) >= LEAST.get(part, 0.0005):
                    told = dollars(value) if part in MONEY else format(value, CHANGE.get(part, "+.3f"))
                    causes[who].setdefault(part, {})[cause] = told
            if part in ("credit_line", "trade_share", "gain") and max(map(abs, values)) >= 5e-5:
                table[f"{part}.{cause}"] = [f"{x:+.4f}" if abs(x) >= 5e-5 else "0" for x in values]
    told_money = ("to_earn", "end_credit_line", "reservation")
    figures = [dollars(x).replace(" ", "") for n in told_money for x in worked.figures[n] if x >= 0.0005]
    odds = [f"{x:.4f}" for n in ("hold", "block") for x in worked.figures[f"{n}_probability"] if x >= 5e-5]
    causes = {who: parts for who, parts in causes.items() if parts}
    return {"figures": " ".join(sorted(figures + odds)), "causes": causes, "table": table}


def main() -> None:
    """Print the quarters of version 2 anew."""
    from experiments.explain import read_request
    from hedging.analysis.explain.replay import replay

    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    lines = []
    for told in golden["version_2"]:
        story = replay(*read_request(told["asked"].split())[0])
        own = {key: told[key] for key in ("name", "asked")}
        worked = printed(story, Worked(story, story.moments[0]))
        lines.append(f" {json.dumps(own | worked, ensure_ascii=False)}")
    print(",\n".join(lines))


if __name__ == "__main__":
    main()
