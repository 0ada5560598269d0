"""What one patron did in one quarter, in words: asked, offered, paid, struck, and how it felt after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedging.analysis.explain import terms
from hedging.analysis.explain.trace import Moment, Story
from hedging.analysis.explain.words import SMALLEST, causes, listed, money, percent, points

OPEN = 0.995
"""A factor of the gate above this holds nothing back that is worth telling."""


@dataclass(frozen=True)
class Dealings:
    """One patron in one quarter."""

    story: Story
    now: Moment
    row: int

    def flow(self, name: str) -> float:
        """A flow of the quarter from this patron."""
        return self.now.flow(name, self.row)

    def number(self, name: str) -> float:
        """A number of this patron, as it is this quarter."""
        return self.now.number(name, self.row)

    def part(self, values: terms.Terms) -> dict[str, float]:
        """This patron's row of some terms."""
        return {name: float(array[self.row, 0]) for name, array in values.items()}

    @property
    def name(self) -> str:
        """The patron's name in the setting."""
        return self.story.settings.patrons[self.row]

    @property
    def rule(self) -> str:
        """The rule it bids by."""
        return self.story.settings.patron_rules[self.name].cls.__name__

    def headline(self) -> str:
        """What it asked, what it offered, and the answer."""
        if self.flow("demand") <= 0:
            return "asks for nothing"
        if self.flow("offer") < SMALLEST:
            return f"asks for {points(self.flow('demand'))} and offers next to nothing: {self.answer()}"
        return f"asks for {points(self.flow('demand'))}, offers {money(self.flow('offer'))}: {self.answer()}"

    def answer(self) -> str:
        """Whether the client took the offer."""
        if self.now.luck is None:
            return f"accepted with a probability of {percent(self.flow('accept'))}"
        return "accepted" if self.flow("accept") > 0 else "refused"

    def sentences(self) -> dict[str, str]:
        """Everything worth telling of it, by what it is about."""
        told = {
            "Asks": self.demand(),
            "Purse": self.gate(),
            "Price": self.price(),
            "Offers": self.offer(),
            "Answer": self.verdict(),
            "Carrot": self.carrot(),
            "Coercion": self.coercion(),
            "After": self.mood(),
        }
        return {about: words for about, words in told.items() if words}

    def demand(self) -> str:
        """What it asks for, and what that is worth to it."""
        now, demand = self.now, self.flow("demand")
        if demand <= 0:
            return ""
        conceded = now.at_start("concession", self.row)
        usual, full = self.number("demand0") * (1 - conceded), self.flow("full_demand")
        press = [
            f"{ratio:.2f} times {words}"
            for ratio, words in (
                (full / usual if usual > 0 else 1.0, "the ordinary, as its deadline nears"),
                (demand / full if full > 0 else 1.0, f"its full demand, by the rule {self.rule}"),
            )
            if abs(ratio - 1) > 0.005
        ]
        pressed = f" ({listed(press)})" if press else ""
        return (
            f"{points(demand)} of concession{pressed}, after {100 * conceded:.1f} of 100 conceded so far. "
            f"To it that is worth {money(self.flow('willing'))} at most, given its attention "
            f"({now.at_start('salience', self.row):.2f}) and the warmth of the tie "
            f"({now.at_start('warmth', self.row):.2f})."
        )

    def gate(self) -> str:
        """What holds it back from dealing at all."""
        factors = {n: f for n, f in terms.gate_factors(self.now, self.row).items() if f < OPEN}
        whole = f"of its {money(self.number('budget'))} a quarter"
        if not factors:
            return f"All {whole} is open: nothing holds it back."
        words = {"conditions": "the repression it objects to", "squeamishness": "unease about such a client"}
        labels = self.story.settings.labels
        told = [
            f"{words.get(n, f'deference to an angry {labels.get(n)}')} (-{percent(1 - f)})"
            for n, f in sorted(factors.items(), key=lambda item: item[1])
        ]
        return f"Only {percent(self.flow('gate'))} {whole} is open: {listed(told)}."

    def price(self) -> str:
        """The client's reservation price, and why it is what it is."""
        if self.flow("demand") <= 0:
            return ""
        now, price = self.now, self.flow("reservation")
        reserves = now.at_start("reserves")
        poor = price * now.number("reserve_floor") / (reserves + now.number("reserve_floor"))
        usual, calm = terms.price_of(now), terms.price_of(now, sentiment=0 * now.before.gdp)
        calm_price = price * float((calm / np.maximum(usual, 1e-300))[self.row, 0])
        parts = self.part(terms.cost_terms(now))
        cost = ", ".join(f"{name} {value:.3f}" for name, value in parts.items() if value >= SMALLEST)
        return (
            f"{self.story.client} would not sell below {money(price)}. Giving this up costs it "
            f"{self.flow('cost'):.3f} by its own reckoning ({cost or 'nothing'}), and with "
            f"{money(reserves, '$0')} in the bank it can wait: with empty reserves the price would be "
            + money(poor)
            + (f", without national sentiment {money(calm_price)}." if calm_price < 0.999 * price else ".")
        )

    def offer(self) -> str:
        """Why it offers what it offers."""
        offer, willing, price = (self.flow(name) for name in ("offer", "willing", "reservation"))
        if self.flow("demand") <= 0:
            return ""
        room = max(self.number("budget") * self.flow("gate") - self.flow("carrot"), 0.0)
        share = self.flow("outside") / (self.flow("outside") + willing) if willing > 0 else 0.0
        usual = min(willing, price + share * max(willing - price, 0.0), room)
        if abs(offer - usual) > SMALLEST:
            why = f"weighed by the rule {self.rule}"
        elif willing < price:
            why = "all that the concession is worth to it, which is less than the price"
        else:
            why = (
                f"the price and {percent(share)} of what the concession is worth to it beyond, since the "
                f"others' last bids give {self.story.client} an alternative ({money(self.flow('outside'))})"
            )
        if offer >= room - 1e-9 and offer < willing - 1e-9:
            why = f"all that its purse holds after the carrot; it would have gone up to {money(willing)}"
        return f"{money(offer)}: {why}." if offer >= SMALLEST else f"Next to nothing: {why}."

    def verdict(self) -> str:
        """Why the client took or refused it."""
        if self.flow("offer") <= 0:
            return "There was no offer to take."
        parts = self.part(terms.gain_terms(self.now))
        gain, chance = self.flow("gain"), self.flow("accept_probability")
        told = (
            f"Taking it is worth {gain:+.3f} to {self.story.client}: {parts['money']:+.3f} for the money, "
            f"{parts['concession']:+.3f} for the concession. "
            f"It accepts with a probability of {percent(chance)}"
        )
        return f"{told}{self.luck('accept', 'taken', 'refused', chance)}."

    def luck(self, purpose: str, happened: str, not_so: str, chance: float) -> str:
        """What the luck of the draw made of a probability."""
        thrown = self.now.thrown(purpose, self.name)
        if thrown is None:
            return ""
        below, word = ("is", happened) if thrown < chance else ("is not", not_so)
        return f"; this draw's random number, {thrown:.3f}, {below} below that: {word}"

    def carrot(self) -> str:
        """What it pays to keep the client, and why."""
        carrot = self.flow("carrot")
        if carrot < SMALLEST:
            return ""
        labels = self.story.settings.labels
        ties = {
            labels[name]: self.now.number("rivalry", self.row, rival) * self.now.at_start("warmth", rival)
            for rival, name in enumerate(self.story.settings.patrons)
            if rival != self.row
        }
        minded = listed([f"{name} ({value:.2f})" for name, value in ties.items() if value >= 0.005])
        anger, struck = self.flow("anger"), self.flow("coerce")
        less = f"; its anger takes {percent(anger)} off" if anger >= 0.005 else ""
        held = (
            f"; its coercion withholds {percent(struck) if struck < 1 else 'it'}"
            if struck >= SMALLEST
            else ""
        )
        why = f"since it minds the warm ties with {minded}{less}{held}"
        return f"{money(carrot)} to keep {self.story.client}, {why}."

    def coercion(self) -> str:
        """Whether it struck, and how near its red line it was."""
        chance = self.flow("coerce_probability")
        if self.number("coercive_capacity") <= 0:
            return ""
        told = (
            f"Frustration {self.now.at_start('frustration', self.row):.2f} of a red line at "
            f"{self.number('red_line'):.2f} makes coercion {percent(chance)} likely"
        )
        struck = f"it strikes, which costs {self.story.client} {self.blow()}"
        return f"{told}{self.luck('coerce', struck, 'it does not strike', chance)}."

    def blow(self) -> str:
        """What its coercion cost the client this quarter."""
        costs = {
            "of subsidy": self.flow("scheduled") - self.flow("subsidy"),
            "of loans not renewed": self.number("rollover") * self.flow("repayment") - self.flow("rolled"),
            "of carrot": self.flow("carrot") * self.flow("coerce"),
            "of output lost to the blockade": float(terms.blockades(self.now)[self.row, 0]),
        }
        told = [f"{money(amount)} {words}" for words, amount in costs.items() if amount >= SMALLEST]
        return listed(told) if told else "nothing"

    def mood(self) -> str:
        """What moved warmth, frustration and attention."""
        now, row, told = self.now, self.row, []
        for name, word, parts in (
            ("warmth", "Warmth", terms.warmth_terms(now)),
            ("frustration", "Frustration", terms.frustration_terms(now)),
            ("salience", "Attention", terms.salience_terms(now)),
        ):
            before, after = now.at_start(name, row), now.at_end(name, row)
            if before == 0 and after == 0:
                continue
            told.append(f"{word} {before:.3f} to {after:.3f}: {causes(self.part(parts))}.")
        return " ".join(told)
