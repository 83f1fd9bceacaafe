#!/usr/bin/env python3
"""Deep detectors by PyTorch on a sample that a formula gives, and distance correlations by NumPy's double sums.

Command: OMP_NUM_THREADS=1 python3 make_deep.py        (torch 2.11.0 on a CPU, numpy 2.4.6)
Writes deep.json beside itself: the AUC of each seed's auto-encoder, Deep SVDD (both objectives) and variational auto-encoder.
The sample: splitmix64 from a seed, 53 bits a uniform number, Box-Muller; the Swift tests draw the same.
"""
import json
import math
import sys

import numpy
import torch

torch.set_num_threads(1)
MASK = (1 << 64) - 1


class Draw:
    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return ((z ^ (z >> 31)) >> 11) * 2.0**-53

    def normal(self):
        radius = math.sqrt(-2 * math.log(1 - self.uniform()))
        return radius * math.cos(2 * math.pi * self.uniform())


COLUMNS, LATENT = 10, 3


def row(draw, is_signal):
    """Background lies near a curved space of three dimensions; signal has the same columns but for a rotated half."""
    u = [draw.normal() for _ in range(LATENT)]
    v = [draw.normal() for _ in range(LATENT)]
    values = []
    for j in range(COLUMNS):
        source = v if is_signal and j >= COLUMNS // 2 else u
        a, b = source[j % LATENT], source[(j + 1) % LATENT]
        values.append(a + 0.5 * b * b * (j % 2) + 0.3 * (j / COLUMNS) * a * b + 0.3 * draw.normal())
    return values


def sample(seed, rows, is_signal):
    draw = Draw(seed)
    return numpy.array([row(draw, is_signal) for _ in range(rows)]).astype(numpy.float32)


train, validation = sample(1, 4000, False), sample(2, 1000, False)
test, signal = sample(3, 1000, False), sample(4, 1000, True)
mean, width = train.mean(0, dtype=numpy.float64), train.std(0, dtype=numpy.float64)
scaled = [torch.tensor(((x - mean) / width).astype(numpy.float32)) for x in (train, validation, test, signal)]


def auc(background, signal):
    order = numpy.argsort(numpy.concatenate([background, signal]), kind="stable")
    ranks = numpy.empty(len(order))
    ranks[order] = numpy.arange(1, len(order) + 1)
    n, m = len(background), len(signal)
    return float((ranks[n:].sum() - m * (m + 1) / 2) / (n * m))


def hidden(inputs, layers, units, bias):
    chain, width = [], inputs
    for _ in range(layers):
        chain += [torch.nn.Linear(width, units, bias=bias), torch.nn.LeakyReLU(0.01)]
        width = units
    return chain, width


def chain(inputs, layers, units, outputs, bias):
    layers, width = hidden(inputs, layers, units, bias)
    net = torch.nn.Sequential(*layers, torch.nn.Linear(width, outputs, bias=bias))
    for p in net.parameters():
        torch.nn.init.xavier_uniform_(p) if p.dim() == 2 else torch.nn.init.zeros_(p)
    return net


def descend(parameters, loss, held, epochs, batch=200, rate=1e-3, decay=0.0):
    """Adam at a constant rate; `held` yields the validation loss and what to keep of the best epoch."""
    optimiser = torch.optim.Adam(parameters, lr=rate, weight_decay=decay)
    best = (math.inf, None)
    for epoch in range(1, epochs + 1):
        order = torch.randperm(len(scaled[0]))
        for start in range(0, len(order), batch):
            optimiser.zero_grad()
            loss(scaled[0][order[start:start + batch]], epoch).backward()
            optimiser.step()
        with torch.no_grad():
            value, kept = held(scaled[1])
        if value < best[0]:
            best = (value, kept)
    return best[1]


def auto_encoder(seed):
    torch.manual_seed(seed)
    net = torch.nn.Sequential(chain(COLUMNS, 2, 32, 3, True), chain(3, 2, 32, COLUMNS, True))
    scores = lambda x: ((net(x) - x) ** 2).mean(1)
    kept = descend(net.parameters(), lambda x, _: scores(x).mean(),
                   lambda x: (scores(x).mean().item(), [scores(t).numpy() for t in scaled[2:]]), 40)
    return auc(*kept)


def deep_svdd(seed, nu=None, warm_up=10):
    torch.manual_seed(seed)
    net = chain(COLUMNS, 1, 32, 8, False)
    with torch.no_grad():
        c = net(scaled[0]).mean(0)
        c[(c.abs() < 0.1) & (c < 0)] = -0.1
        c[(c.abs() < 0.1) & (c >= 0)] = 0.1
    radius = [0.0]
    distances = lambda x: ((net(x) - c) ** 2).sum(1)

    def loss(x, epoch):
        d = distances(x)
        if nu is None:
            return d.mean()
        value = radius[0] ** 2 + torch.clamp(d - radius[0] ** 2, min=0).mean() / nu
        if epoch > warm_up:
            radius[0] = float(numpy.quantile(numpy.sqrt(d.detach().numpy()), 1 - nu))
        return value

    def held(x):
        d = distances(x)
        value = d.mean() if nu is None else radius[0] ** 2 + torch.clamp(d - radius[0] ** 2, min=0).mean() / nu
        return value.item(), [distances(t).numpy() for t in scaled[2:]]

    return auc(*descend(net.parameters(), loss, held, 40, decay=1e-6))


def variational(seed, beta=0.1):
    torch.manual_seed(seed)
    encoder, decoder = chain(COLUMNS, 2, 32, 6, True), chain(3, 2, 32, COLUMNS, True)

    def evidence(x, noise):
        mu, log_variance = encoder(x).split(3, dim=1)
        z = mu + (torch.exp(log_variance / 2) * torch.randn_like(mu) if noise else 0)
        error = ((decoder(z) - x) ** 2).sum(1)
        divergence = 0.5 * (mu**2 + log_variance.exp() - log_variance - 1).sum(1)
        return (0.5 * error + beta * divergence) / COLUMNS, error / COLUMNS

    kept = descend(list(encoder.parameters()) + list(decoder.parameters()), lambda x, _: evidence(x, True)[0].mean(),
                   lambda x: (evidence(x, False)[0].mean().item(), [evidence(t, False)[1].numpy() for t in scaled[2:]]), 40)
    return auc(*kept)


def squared_distance_correlation(x, y, w):
    p = w / w.sum()
    centred = []
    for v in (x, y):
        a = abs(v[:, None] - v[None, :])
        m = a @ p
        centred.append(a - m[:, None] - m[None, :] + p @ m)
    a, b = centred
    product = lambda a, b: p @ (a * b) @ p
    return float(product(a, b) / math.sqrt(product(a, a) * product(b, b)))


random = numpy.random.default_rng(5)
correlations = []
for case in range(4):
    x = numpy.round(random.normal(size=60), 3 if case < 3 else 0)
    y = numpy.round([random.normal(size=60), x**2 + 0.3 * random.normal(size=60), 2 - 3 * x, x + random.normal(size=60)][case], 3)
    w = numpy.round(random.uniform(0, 2, size=60), 2)
    correlations.append(dict(x=x.tolist(), y=y.tolist(), w=w.tolist(), value=squared_distance_correlation(x, y, w),
                             unweighted=squared_distance_correlation(x, y, numpy.ones(60))))

seeds = range(8)
out = dict(tool=f"torch {torch.__version__}, numpy {numpy.__version__}, python {sys.version.split()[0]}",
           first=train[0].tolist(), last=signal[-1].tolist(), correlations=correlations,
           aucs={"auto-encoder": [auto_encoder(s) for s in seeds], "one-class": [deep_svdd(s) for s in seeds],
                 "soft-boundary": [deep_svdd(s, nu=0.1) for s in seeds], "variational": [variational(s) for s in seeds]})
json.dump(out, open(__file__.rsplit("/", 1)[0] + "/deep.json" if "/" in __file__ else "deep.json", "w"))
for name, values in out["aucs"].items():
    print(name, [round(v, 3) for v in values])
