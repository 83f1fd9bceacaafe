#!/usr/bin/env python3
"""Reference numbers of PyTorch for optimisers, schedules, losses, regularisation, clipping and batch normalisation.

Command: python3 make_data.py        (torch 2.11.0 on a CPU; seed 21, one thread, float64)
Writes components.json beside itself.
"""
import json
import math
import warnings

import torch

warnings.filterwarnings("ignore")
torch.manual_seed(21)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

ROWS, COLUMNS = 24, 5
x = torch.randn(ROWS, COLUMNS).float().double()
w = (0.2 + torch.rand(ROWS)).float().double()
binary = (torch.rand(ROWS) < 0.4).double()
classes = torch.randint(0, 3, (ROWS,))
values = torch.randn(ROWS, 2).float().double()


def flat(t):
    return [float(v) for v in t.detach().flatten()]


def trace(make, steps=6):
    p = torch.nn.Parameter(torch.tensor([1.0, -0.5, 0.25]))
    optimiser = make([p])
    result = []
    for step in range(steps):
        optimiser.zero_grad()
        (0.5 * p * p + 0.1 * (step + 1) * p).sum().backward()
        optimiser.step()
        result.append(flat(p))
    return result


def rates(make, epochs, batches=1, losses=None, base=0.01):
    """The rate of every batch (losses: of a schedule that looks at one an epoch)."""
    p = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([p], lr=base, momentum=0.9)
    schedule = make(optimiser)
    result = []
    for epoch in range(epochs):
        for _ in range(batches):
            result.append(optimiser.param_groups[0]["lr"])
            optimiser.step()
            if batches > 1:
                schedule.step()
        if batches == 1:
            schedule.step(losses[epoch]) if losses else schedule.step()
    return result


def asimov(z, y, weight, signal, background, r, form):
    p = torch.sigmoid(z)
    s = signal * (p * weight * y).sum() / (weight * y).sum()
    b = background * (p * weight * (1 - y)).sum() / (weight * (1 - y)).sum() + background * 1e-6
    if r > 0:
        sb2 = (r * b) ** 2
        half = (s + b) * torch.log((s + b) * (b + sb2) / (b * b + (s + b) * sb2)) - b * b / sb2 * torch.log(
            1 + sb2 * s / (b * (b + sb2)))
    else:
        half = (s + b) * torch.log(1 + s / b) - s
    square = 2 * half + 1e-6
    return 1 / square if form == "inverse" else -torch.sqrt(square)


LOSSES = {
    "binary": lambda o: torch.nn.functional.binary_cross_entropy_with_logits(o[:, 0], binary, weight=w),
    "categorical": lambda o: (torch.nn.functional.cross_entropy(o, classes, reduction="none") * w).mean(),
    "squared": lambda o: (((o - values) ** 2).mean(dim=1) * w).mean(),
    "asimov": lambda o: asimov(o[:, 0], binary, w, 50, 1000, 0.1, "inverse"),
    "asimov0": lambda o: asimov(o[:, 0], binary, w, 50, 1000, 0, "negative"),
}
OUTPUTS = {"binary": 1, "categorical": 3, "squared": 2, "asimov": 1, "asimov0": 1}


def loss_case(name):
    o = torch.randn(ROWS, OUTPUTS[name]).float().double().requires_grad_()
    value = LOSSES[name](o)
    value.backward()
    return {"name": name, "outputs": flat(o), "value": float(value.detach()), "gradient": flat(o.grad)}


def network(outputs, batch_norm, bias):
    layers, width = [], COLUMNS
    for units in (7, 6):
        layers.append(torch.nn.Linear(width, units, bias=bias))
        if batch_norm:
            layers.append(torch.nn.BatchNorm1d(units))
        layers.append(torch.nn.Tanh())
        width = units
    net = torch.nn.Sequential(*layers, torch.nn.Linear(width, outputs, bias=bias))
    for p in net.parameters():
        p.data = (p.data + 0.1 * torch.randn(p.shape)).float().double()
    return net


def state(net):
    return {k: flat(v) for k, v in net.state_dict().items() if "num_batches" not in k}


def training(name, loss, optimiser, batch_norm=False, bias=True, l1=0, l2=0, clip=None, clip_each=None, steps=6):
    net = network(OUTPUTS[loss], batch_norm, bias).train()
    shapes = {k: list(v.shape) for k, v in net.state_dict().items() if "num_batches" not in k}
    start, losses = state(net), []
    follow = optimiser(net.parameters())
    for _ in range(steps):
        follow.zero_grad()
        value = LOSSES[loss](net(x))
        losses.append(float(value.detach()))
        weights = [p for p in net.parameters() if p.dim() == 2]
        (value + sum(l1 * p.abs().sum() + l2 * (p * p).sum() for p in weights)).backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(net.parameters(), clip)
        if clip_each:
            for p in net.parameters():
                torch.nn.utils.clip_grad_norm_([p], clip_each)
        follow.step()
    inference = net.eval()(x)
    return {"name": name, "loss": loss, "batchNorm": batch_norm, "bias": bias, "shapes": shapes, "start": start,
            "losses": losses, "end": state(net), "outputs": flat(inference)}


O = torch.optim
sgd = lambda p: O.SGD(p, lr=0.05, momentum=0.9)
S = O.lr_scheduler
plateau_losses = [1.0, 0.9, 0.95, 0.9, 0.89999, 0.91, 0.8, 0.81, 0.82, 0.83, 0.84, 0.85, 0.86, 0.87, 0.88]
data = {
    "torch": torch.__version__, "x": flat(x), "w": flat(w), "binary": flat(binary), "classes": flat(classes),
    "values": flat(values),
    "optimisers": {
        "nesterov": trace(lambda p: O.SGD(p, lr=0.02, momentum=0.8, nesterov=True)),
        "decayed": trace(lambda p: O.SGD(p, lr=0.02, momentum=0.8, weight_decay=0.1)),
        "rmsprop": trace(lambda p: O.RMSprop(p, lr=0.02, alpha=0.9, eps=1e-7)),
        "rmspropMomentum": trace(lambda p: O.RMSprop(p, lr=0.02, alpha=0.95, eps=1e-7, momentum=0.6)),
        "adagrad": trace(lambda p: O.Adagrad(p, lr=0.1)),
        "adagradKeras": trace(lambda p: O.Adagrad(p, lr=0.1, eps=1e-7, initial_accumulator_value=0.1)),
        "nadamKeras3": trace(lambda p: O.NAdam(p, lr=0.02, eps=1e-7, momentum_decay=1.0)),
    },
    "schedules": {
        "step": rates(lambda o: S.StepLR(o, step_size=3, gamma=0.5), 10),
        "exponential": rates(lambda o: S.ExponentialLR(o, gamma=0.9), 10),
        "cosine": rates(lambda o: S.CosineAnnealingLR(o, T_max=10, eta_min=0.001), 10),
        "plateau": rates(lambda o: S.ReduceLROnPlateau(o, factor=0.5, patience=2, threshold=1e-4, min_lr=0.002), 15,
                         losses=plateau_losses),
        "triangular": rates(lambda o: S.CyclicLR(o, 0.01, 0.06, step_size_up=7, cycle_momentum=False), 1, 40),
        "triangular2": rates(lambda o: S.CyclicLR(o, 0.01, 0.06, step_size_up=7, mode="triangular2",
                                                  cycle_momentum=False), 1, 40),
        "expRange": rates(lambda o: S.CyclicLR(o, 0.01, 0.06, step_size_up=7, mode="exp_range", gamma=0.99,
                                               cycle_momentum=False), 1, 40),
    },
    "plateauLosses": plateau_losses,
    "losses": [loss_case(name) for name in LOSSES],
    "trainings": [
        training("descent", "binary", sgd),
        training("nesterov", "binary", lambda p: O.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01)),
        training("adam", "binary", lambda p: O.Adam(p, lr=0.01)),
        training("adamW", "binary", lambda p: O.AdamW(p, lr=0.01, weight_decay=0.05)),
        training("rmsprop", "binary", lambda p: O.RMSprop(p, lr=0.01, alpha=0.9, momentum=0.5)),
        training("adagrad", "binary", lambda p: O.Adagrad(p, lr=0.05)),
        training("penalties", "binary", sgd, l1=0.003, l2=0.02),
        training("clipped", "binary", sgd, clip=0.05),
        training("clippedEach", "binary", sgd, clip_each=0.03),
        training("withoutBias", "binary", sgd, bias=False),
        training("categorical", "categorical", sgd),
        training("squared", "squared", sgd),
        training("asimov", "asimov", sgd),
        training("batchNorm", "categorical", sgd, batch_norm=True),
    ],
}


def one_cycle():
    p = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([p], lr=0.01)
    schedule = S.OneCycleLR(optimiser, max_lr=0.1, total_steps=40, pct_start=0.3, div_factor=25, final_div_factor=1e4,
                            cycle_momentum=False)
    result = []
    for step in range(40):
        result.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        if step < 39:
            schedule.step()
    return result


data["schedules"]["oneCycle"] = one_cycle()
assert all(math.isfinite(v) for t in data["trainings"] for v in t["losses"])
with open("components.json", "w") as file:
    json.dump(data, file, separators=(",", ":"))
