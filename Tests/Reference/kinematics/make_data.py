"""Stransverse mass, neutrino solution and (super-)razor variables of random events.

m_T2 by the PyPI package `mt2` (C. G. Lester, B. Nachman, arXiv:1411.4312). The others are written here a second time, by
other means: Lorentz transformations as 4 x 4 matrices, the neutrino by a numeric search for the mass of the W boson.

    python3 -m venv VENV && VENV/bin/pip install mt2==1.3.1 numpy==2.4.6 scipy==1.17.1 && VENV/bin/python make_data.py
"""
import json
import numpy as np
from mt2 import mt2
import importlib.metadata as md
from scipy.optimize import brentq, minimize_scalar

MW = 80.379
random = np.random.default_rng(20261121)


def momentum(pt, eta, phi, m):
    p = np.array([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)])
    return np.array([np.sqrt(p @ p + m * m), *p])


def boost(velocity):
    """The matrix that takes momenta to the frame moving with `velocity`."""
    b2 = velocity @ velocity
    if b2 == 0:
        return np.eye(4)
    g = 1 / np.sqrt(1 - b2)
    m = np.empty((4, 4))
    m[0, 0], m[0, 1:], m[1:, 0] = g, -g * velocity, -g * velocity
    m[1:, 1:] = np.eye(3) + (g - 1) * np.outer(velocity, velocity) / b2
    return m


def super_razor(p1, p2, met):
    visible = p1 + p2
    z = boost(np.array([0, 0, visible[3] / visible[0]]))
    p1, p2 = z @ p1, z @ p2
    visible = p1 + p2
    pt = np.array([visible[1] + met[0], visible[2] + met[1], 0.0])

    # In the frame R, to which the pair's transverse momentum and its mass s lead, the visible half has the energy s/2.
    def mismatch(s):
        beta = pt / np.sqrt(s * s + pt @ pt)
        return s - 2 * (boost(beta) @ visible)[0]

    s = brentq(mismatch, 1e-3, 1e5, xtol=1e-12, rtol=1e-14)
    beta = pt / np.sqrt(s * s + pt @ pt)
    r = boost(beta)
    p1, p2 = r @ p1, r @ p2
    visible = p1 + p2
    dphi = np.arctan2(visible[2], visible[1]) - np.arctan2(pt[1], pt[0])
    dphi = abs((dphi + np.pi) % (2 * np.pi) - np.pi)
    # The boosts ± v that make both visible energies equal, along p1 - p2.
    v = (p1[1:] - p2[1:]) / (p1[0] + p2[0])
    a, b = boost(v) @ p1, boost(-v) @ p2
    assert abs(a[0] - b[0]) < 1e-9 * a[0]
    cosine = abs(a[1:] @ v) / np.linalg.norm(a[1:]) / np.linalg.norm(v)
    return s, 2 * a[0], dphi, cosine


def neutrino(lepton, met):
    """pz at which the mass is that of the W boson, searched for; the formula's real part where no pz reaches it."""
    def mass2(pz):
        n = np.array([np.sqrt(met @ met + pz * pz), met[0], met[1], pz])
        w = lepton + n
        return w[0] ** 2 - w[1:] @ w[1:]
    scale = 1e4
    best = minimize_scalar(mass2, bounds=(-scale, scale), method="bounded", options={"xatol": 1e-10})
    if best.fun > MW * MW:
        pt2 = lepton[1] ** 2 + lepton[2] ** 2
        return (MW * MW / 2 + lepton[1] * met[0] + lepton[2] * met[1]) * lepton[3] / pt2
    roots = []
    for low, high in ((-1e6, best.x), (best.x, 1e6)):
        roots.append(brentq(lambda x: mass2(x) - MW * MW, low, high, xtol=1e-11, rtol=1e-14))
    return min(roots, key=abs)


rows = []
for i in range(60):
    pt1, pt2 = random.exponential(60, 2) + 20
    eta1, eta2 = random.uniform(-2.5, 2.5, 2)
    phi1, phi2, mphi = random.uniform(-np.pi, np.pi, 3)
    m1, m2, chi = (0, 0, 0) if i % 3 == 0 else (*random.uniform(0, 60, 2), random.choice([0, 50, 100.0]))
    magnitude = random.exponential(60) + (0.01 if i % 10 == 9 else 5)
    met = magnitude * np.array([np.cos(mphi), np.sin(mphi)])
    p1, p2 = momentum(pt1, eta1, phi1, 0), momentum(pt2, eta2, phi2, 0)
    energy, z = p1[0] + p2[0], p1[3] + p2[3]
    mr = np.sqrt(energy ** 2 - z ** 2)
    mtr = np.sqrt((magnitude * (pt1 + pt2) - met @ (p1[1:3] + p2[1:3])) / 2)
    s, mdelta, dphi, cosine = super_razor(p1, p2, met)
    rows.append(dict(
        pt1=pt1, eta1=eta1, phi1=phi1, m1=m1, pt2=pt2, eta2=eta2, phi2=phi2, m2=m2, missing=magnitude, missing_phi=mphi,
        invisible_mass=chi,
        MT2=float(mt2(m1, pt1 * np.cos(phi1), pt1 * np.sin(phi1), m2, pt2 * np.cos(phi2), pt2 * np.sin(phi2), *met, chi, chi,
                      desired_precision_on_mt2=1e-10)),
        razorMR=mr, razorMTR=mtr, razorR=mtr / mr, superRazorSR=s, superRazorMDeltaR=mdelta, superRazorDeltaPhi=dphi,
        superRazorCosTheta=cosine, neutrinoPz=neutrino(p1, met)))
rows = [{k: float(v) for k, v in row.items()} for row in rows]
json.dump(dict(tool=f"mt2 {md.version('mt2')}, numpy {np.__version__}", events=rows), open("events.json", "w"), indent=0)
