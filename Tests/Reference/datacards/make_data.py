"""Limits of the datacards beside this script, by an implementation of Combine's likelihood of its own.

    pip install numpy==2.4.6 scipy==1.17.1 iminuit==2.33.0 uproot==5.7.7
    python make_data.py                      # writes shapes.root, shapes.json and answers.json

Nothing is read from the cards: the models are written out below from what Combine's documentation says of each line. A bin's
statistical uncertainty has one parameter for all processes (Barlow-Beeston lite), with the variance at the current
normalisations; gmN is a Poisson term; lnU a flat range. Minima by MINUIT with numerical derivatives, limits by root finding.
"""
import json
import math
import os

import iminuit
import numpy as np
import scipy
import scipy.optimize
import scipy.stats
import uproot

HERE = os.path.dirname(os.path.abspath(__file__))


def asymmetric(theta, low, high):
    """Combine's AsymPow: exponents joined by a polynomial within |theta| < 1/2."""
    up, down = math.log(high), -math.log(low)
    if abs(theta) >= 0.5:
        return math.exp(theta * (up if theta >= 0 else down))
    x = 2 * theta
    join = 0.125 * x * (x * x * (3 * x * x - 10) + 15)
    return math.exp(theta * (0.5 * (up + down) + join * 0.5 * (up - down)))


def morph(theta, up, down, region):
    """Shift of fractions: (up - nominal) and (down - nominal), joined within |theta| < region."""
    x = theta / region
    join = math.copysign(1, x) if abs(x) >= 1 else 0.125 * x * (x * x * (3 * x * x - 10) + 15)
    return 0.5 * ((up - down) * theta + join * (up + down) * theta)


class Card:
    """Subclasses give `names`, `start`, `limits`, `expected(values)` and `constraints(values, globals)`."""

    def __init__(self):
        self.parameters = {}  # name: (start, low, high, kind, kind's numbers)

    def add(self, name, start, low, high, kind="free", width=1.0):
        self.parameters[name] = (start, low, high, kind, width)

    def globals_at(self, p):
        return {n: p[n] for n, v in self.parameters.items() if v[3] != "free"}

    def measured(self):
        return {n: (v[4] if v[3] == "poisson" else 0.0) for n, v in self.parameters.items() if v[3] != "free"}

    def nll(self, p, data, measured):
        expected = self.expected(p)
        if np.any(expected < 0) or np.any((expected <= 0) & (data > 0)):
            return 1e9
        safe = np.where(expected > 0, expected, 1)
        total = float(np.sum(expected - np.where(data > 0, data * np.log(safe / np.where(data > 0, data, 1)) + data, 0)))
        for name, (_, _, _, kind, number) in self.parameters.items():
            if kind == "gauss":
                total += 0.5 * (p[name] - measured[name]) ** 2
            elif kind == "poisson":
                n = measured[name]
                if p[name] < 0 or (p[name] == 0 and n > 0):
                    return 1e9
                total += p[name] - (n * math.log(p[name] / n) + n if n > 0 else 0)
        return total

    def fit(self, data, measured, r=None, start=None, lowest=0.0):
        names = ["r"] + list(self.parameters)
        begin = [1.0 if r is None else r] + [v[0] for v in self.parameters.values()]
        if start:
            begin = [start[n] for n in names]
            begin[0] = start["r"] if r is None else r
        minuit = iminuit.Minuit(lambda *x: self.nll(dict(zip(names, x)), data, measured), *begin, name=names)
        minuit.errordef = 0.5
        minuit.limits["r"] = (lowest, None)
        minuit.fixed["r"] = r is not None
        for name, (_, low, high, kind, _) in self.parameters.items():
            minuit.limits[name] = (low, high)
            minuit.fixed[name] = low == high
        minuit.strategy = 2
        minuit.tol = 1e-5
        best = None
        for _ in range(3):
            minuit.migrad(ncall=100000)
            if best is not None and best - minuit.fval < 1e-9:
                break
            best = minuit.fval
        return minuit.fval, dict(zip(names, [float(v) for v in minuit.values]))

    def limits(self):
        data = self.data
        free_value, free = self.fit(data, self.measured())
        _, background = self.fit(data, self.measured(), r=0.0)
        asimov, measured = self.expected({**background, "r": 0.0}), self.globals_at(background)
        base, _ = self.fit(asimov, measured, r=0.0, start=background)

        def q_asimov(r):
            return max(0.0, 2 * (self.fit(asimov, measured, r=r, start=background)[0] - base))

        def q_observed(r):
            return 0.0 if r <= free["r"] else max(0.0, 2 * (self.fit(data, self.measured(), r=r, start=free)[0] - free_value))

        def cls(r):
            a, q = q_asimov(r), q_observed(r)
            s = math.sqrt(a)
            t = math.sqrt(q) - s if math.sqrt(q) <= s else (q - a) / (2 * s)
            return scipy.stats.norm.sf(t + s) / scipy.stats.norm.sf(t)

        def root(f, guess):
            low, high = 0.05 * guess, 2 * guess
            while f(high) > 0:
                high *= 2
            return scipy.optimize.brentq(f, low, high, xtol=1e-7, rtol=1e-7)

        expected = []
        guess = 1.0
        for n in (2, 1, 0, -1, -2):
            sf = scipy.stats.norm.sf
            guess = root(lambda r: sf(math.sqrt(q_asimov(r)) + n) / sf(n) - 0.05, guess)
            expected.append(guess)
        observed = root(lambda r: cls(r) - 0.05, max(expected[2], free["r"]))
        return {"observed": observed, "expected": expected, "best_fit": free["r"], "parameters": free,
                "twice_nll_above_best_at_1": 2 * (self.fit(data, self.measured(), r=1.0, start=free)[0] - free_value)}


class Counting(Card):
    def __init__(self):
        super().__init__()
        self.data = np.array([0.0])
        for name in ("lumi", "xs_ggH", "xs_ggWW", "bg_others"):
            self.add(name, 0, -7, 7, "gauss")
        self.add("WW_norm", 4.5, 0, 40, "poisson", 4.0)

    def expected(self, p):
        return np.array([p["r"] * 1.47 * 1.11 ** p["lumi"] * 1.16 ** p["xs_ggH"] + 0.16 * p["WW_norm"]
                         + 0.06 * 1.11 ** p["lumi"] * 1.5 ** p["xs_ggWW"] + 0.22 * 1.3 ** p["bg_others"]])


class Channels(Card):
    def __init__(self):
        super().__init__()
        self.data = np.array([12.0, 4.0, 64.0])
        self.add("lumi", 0, -7, 7, "gauss")
        self.add("jes", 0, -7, 7, "gauss")
        self.add("fake_cr", 5.5, 0, 50, "poisson", 5.0)
        self.add("qcd_cr", 0.3, 0, 30, "poisson", 0.0)
        self.add("top_pt", 0.1, -1, 1)
        self.add("top_norm", 1.0, 0, 100)

    def expected(self, p):
        lumi, top = 1.025 ** p["lumi"], p["top_norm"]

        def jes(low, high):
            return asymmetric(p["jes"], low, high)

        return np.array([
            p["r"] * 0.9 * 4.2 * lumi * jes(0.93, 1.04) + top * 7 * lumi * jes(0.85, 1.20) + 0.3 * p["fake_cr"],
            p["r"] * 0.9 * 1.9 * lumi * jes(0.97, 1.06) + top * 2.1 * lumi * jes(1 / 1.08, 1.08) * 1.5 ** p["top_pt"]
            + 0.4 * p["qcd_cr"],
            top * 60 * lumi * jes(0.98, 1.03)])


class Shapes(Card):
    """Two channels of templates; `low` with Gaussian bins only, `high` with Poisson ones below 12 effective events."""

    threshold = {"high": 12, "low": 0}

    def __init__(self, h):
        super().__init__()
        self.h = h
        self.data = np.concatenate([h["high/data_obs"][0], h["low/data_obs"][0]])
        for name in ("lumi", "jes", "res", "scale"):
            self.add(name, 0, -7, 7, "gauss")
        self.add("w_norm", 1, 0.2, 5)
        self.kinds = {}
        for channel, backgrounds in (("high", ["wjets", "top"]), ("low", ["wjets"])):
            for b in range(len(h[f"{channel}/data_obs"][0])):
                total = sum(h[f"{channel}/{n}"][0][b] for n in backgrounds)
                square = sum(h[f"{channel}/{n}"][1][b] for n in backgrounds)
                if square <= 0:
                    continue
                if math.floor(0.5 + total * total / square) > self.threshold[channel]:
                    self.kinds[channel, b] = "total"
                    self.add(f"{channel}_bin{b}", 0, -7, 7, "gauss")
                    continue
                for process in backgrounds + ["signal125"]:
                    v, e2 = h[f"{channel}/{process}"][0][b], h[f"{channel}/{process}"][1][b]
                    if e2 <= 0 or v <= 0:
                        continue
                    n = math.floor(0.5 + v * v / e2)
                    if v >= 0.999 * math.sqrt(e2) and n <= self.threshold[channel]:
                        self.kinds[channel, b, process] = "poisson"
                        self.add(f"{channel}_bin{b}_{process}", n, 1e-3, 10 * n + 30, "poisson", float(n))
                    else:
                        self.kinds[channel, b, process] = "gauss"
                        self.add(f"{channel}_bin{b}_{process}", 0, -7, 7, "gauss")

    def process(self, p, channel, name):
        nominal, squares = self.h[f"{channel}/{name}"]
        total = nominal.sum()
        fractions, factor = nominal / total, 1.02 ** p["lumi"]
        shifts = np.zeros_like(nominal)
        variations = {"signal125": [("jes", 1.0)] + ([("res", 0.5)] if channel == "high" else []),
                      "wjets": [("jes", 1.0)], "top": [("scale", 1.0)]}[name]
        region = min(scale for _, scale in variations)
        for systematic, scale in variations:
            theta = scale * p[systematic]
            up = self.h[f"{channel}/{name}_{systematic}Up"][0]
            down = self.h[f"{channel}/{name}_{systematic}Down"][0]
            # Combine: halves joined within the smallest scale of the process. Here the two scales of the signal are joined
            # within their own, as the converter states; this channel's jes templates of the signal are symmetric, so that
            # both are the same.
            shifts += morph(theta, up / up.sum() - fractions, down / down.sum() - fractions, min(region, scale))
            if abs(up.sum() / total - 1) >= 1e-3 or abs(down.sum() / total - 1) >= 1e-3:
                factor *= asymmetric(p[systematic], (down.sum() / total) ** scale, (up.sum() / total) ** scale)
        if name == "wjets":
            factor *= p["w_norm"]
            if channel == "high":
                factor *= 1.1 ** p["scale"]
        if name == "signal125":
            factor *= p["r"]
        return factor * total * (fractions + shifts), factor * np.sqrt(squares), factor

    def expected(self, p):
        result = []
        for channel, names in (("high", ["signal125", "wjets", "top"]), ("low", ["signal125", "wjets"])):
            parts = {name: self.process(p, channel, name) for name in names}
            for b in range(len(self.h[f"{channel}/data_obs"][0])):
                total = sum(part[0][b] for part in parts.values())
                if self.kinds.get((channel, b)) == "total":
                    total += p[f"{channel}_bin{b}"] * math.sqrt(sum(part[1][b] ** 2 for part in parts.values()))
                for name, part in parts.items():
                    kind = self.kinds.get((channel, b, name))
                    if kind == "poisson":
                        n = self.parameters[f"{channel}_bin{b}_{name}"][4]
                        total += (p[f"{channel}_bin{b}_{name}"] / n - 1) * part[0][b]
                    elif kind == "gauss":
                        total += p[f"{channel}_bin{b}_{name}"] * part[1][b]
                result.append(total)
        return np.array(result)


def histograms():
    """Contents and squared errors, by name."""
    random = np.random.default_rng(20)
    h = {}

    def put(name, contents, per_event):
        contents = np.round(np.asarray(contents, float), 4)
        h[name] = (contents, np.round(contents * per_event, 6))

    x, y = np.arange(6) + 0.5, np.arange(4) + 0.5
    for channel, axis, wjets, signal in (("high", x, 40, 9), ("low", y, 300, 3)):
        shape = np.exp(-axis / 2.2)
        peak = np.exp(-0.5 * ((axis - axis.mean()) / 1.1) ** 2)
        put(f"{channel}/wjets", wjets * shape / shape.sum(), 0.5 if channel == "high" else 0.9)
        put(f"{channel}/signal125", signal * peak / peak.sum(), 0.08)
        nominal = h[f"{channel}/wjets"][0]
        put(f"{channel}/wjets_jesUp", nominal * (1.06 + 0.03 * axis), 0.5)
        put(f"{channel}/wjets_jesDown", nominal * (0.97 - 0.045 * axis), 0.5)
        nominal = h[f"{channel}/signal125"][0]
        tilt = 0.04 * (axis - axis.mean())
        # The same shift of fractions up and down, with different sums.
        tilt -= (nominal * tilt).sum() / nominal.sum()
        put(f"{channel}/signal125_jesUp", 1.07 * nominal * (1 + tilt), 0.08)
        put(f"{channel}/signal125_jesDown", 0.96 * nominal * (1 - tilt), 0.08)
    shape = np.exp(-0.5 * ((x - 2) / 1.8) ** 2)
    put("high/top", 14 * shape / shape.sum(), 0.7)
    nominal = h["high/top"][0]
    put("high/top_scaleUp", nominal * (1.12 + 0.02 * x), 0.7)
    put("high/top_scaleDown", nominal * (0.95 - 0.03 * x), 0.7)
    nominal = h["high/signal125"][0]
    put("high/signal125_resUp", nominal * (1.0 + 0.1 * (x - 3) ** 2 / 3), 0.08)
    put("high/signal125_resDown", nominal * (1.0 - 0.04 * (x - 3) ** 2 / 3), 0.08)
    for channel, names in (("high", ["wjets", "top"]), ("low", ["wjets"])):
        mean = sum(h[f"{channel}/{name}"][0] for name in names) + 0.4 * h[f"{channel}/signal125"][0]
        counts = random.poisson(mean).astype(float)
        h[f"{channel}/data_obs"] = (counts, counts)
    return h


def write(h):
    with uproot.recreate(os.path.join(HERE, "shapes.root")) as file:
        for name, (contents, squares) in h.items():
            edges = np.arange(len(contents) + 1, dtype=float)
            padded = [np.concatenate([[0.0], a, [0.0]]) for a in (contents, squares)]
            axis = uproot.writing.identify.to_TAxis(
                fName="xaxis", fTitle="", fNbins=len(contents), fXmin=edges[0], fXmax=edges[-1])
            file[name] = uproot.writing.identify.to_TH1x(
                fName=name.split("/")[-1], fTitle="", data=padded[0], fEntries=float(contents.sum()),
                fTsumw=float(contents.sum()), fTsumw2=float(squares.sum()), fTsumwx=0.0, fTsumwx2=0.0,
                fSumw2=padded[1], fXaxis=axis)
    with open(os.path.join(HERE, "shapes.json"), "w") as file:
        json.dump({"shapes.root": {name: {"contents": list(c), "squares": list(s)} for name, (c, s) in h.items()}}, file,
                  indent=1)


if __name__ == "__main__":
    h = histograms()
    write(h)
    answers = {"versions": {"numpy": np.__version__, "scipy": scipy.__version__, "iminuit": iminuit.__version__,
                            "uproot": uproot.__version__}}
    for name, card in (("counting", Counting()), ("channels", Channels()), ("shapes", Shapes(h))):
        answers[name] = card.limits()
        print(name, {k: v for k, v in answers[name].items() if k != "parameters"}, flush=True)
    with open(os.path.join(HERE, "answers.json"), "w") as file:
        json.dump(answers, file, indent=1)
