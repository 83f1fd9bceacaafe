"""Leading-order total cross-sections by convolution of parton densities with dσ/dt, at fixed (pole) masses.

Shares nothing with the program or with Pythia's code but Pythia's file of parton densities, its default couplings and
scales: mu_F^2 = min(mT3^2, mT4^2), mu_R^2 = mT3 mT4; for the octet both are s.

Command: python3 make_data.py PDFDATA     (the folder pdfdata of Pythia 8.318)     Tools: see README.md
"""
import json
import sys

import numpy as np
from scipy.interpolate import RectBivariateSpline

M_T, M_W, M_Z, SIN2 = 173.0, 80.385, 91.1876, 0.2312
COS2 = 1 - SIN2
PB = 0.3893793721e9
S = 13000.0**2


def densities(folder):
    with open(f"{folder}/NNPDF23_lo_as_0130_qed_0000.dat") as file:
        blocks = file.read().split("---")[1:]
    grids = []
    for block in blocks:
        lines = block.strip().splitlines()
        if len(lines) < 4:
            continue
        x, q = (np.array(line.split(), dtype=float) for line in lines[:2])
        ids = [int(i) for i in lines[2].split()]
        values = np.array([line.split() for line in lines[3:]], dtype=float).reshape(len(x), len(q), len(ids))
        grids.append((x, q, ids, values))
    x, q, ids, values = max(grids, key=lambda g: g[1][-1])
    splines = {i: RectBivariateSpline(np.log(x), np.log(q), values[:, :, k]) for k, i in enumerate(ids)}
    return lambda i, x, q: np.maximum(0, splines[i].ev(np.log(x), np.log(q)))  # x f(x, Q)


def alpha_s(q):
    a = 1 / (1 / 0.130 + 23 / (6 * np.pi) * np.log(171 / M_Z))
    above = 1 / (1 / a + 21 / (6 * np.pi) * np.log(np.maximum(q, 171) / 171))
    below = 1 / (1 / 0.130 + 23 / (6 * np.pi) * np.log(q / M_Z))
    return np.where(q > 171, above, below)


def alpha_em(q):
    return 0.00781751 / (1 - 0.725 * 0.00781751 * np.log(q * q / M_Z**2))


def nodes(n, low, high):
    x, w = np.polynomial.legendre.leggauss(n)
    return 0.5 * (high - low) * x + 0.5 * (high + low), 0.5 * (high - low) * w


def convolve(flux, cross_section, m3, m4, order=96):
    """flux(xa, xb, mu_F) · dσ/dt, with ln τ, y and cos θ by Gauss-Legendre."""
    total = 0.0
    low = np.log((m3 + m4) ** 2 / S)
    for a, b in zip(np.linspace(low, 0, 7)[:-1], np.linspace(low, 0, 7)[1:]):
        for log_tau, w_tau in zip(*nodes(order // 3, a, b)):
            tau = np.exp(log_tau)
            s = tau * S
            root = np.sqrt((s - (m3 + m4) ** 2) * (s - (m3 - m4) ** 2))
            y, w_y = nodes(order, 0.5 * log_tau, -0.5 * log_tau)
            c, w_c = nodes(order // 2, -1, 1)
            y, c = y[:, None], c[None, :]
            xa, xb = np.sqrt(tau) * np.exp(y), np.sqrt(tau) * np.exp(-y)
            t = -0.5 * (s - m3**2 - m4**2 - root * c)
            pt2 = root**2 / (4 * s) * (1 - c * c)
            value = flux(np.minimum(xa, 1), np.minimum(xb, 1), s, pt2) * cross_section(s, t, pt2)
            total += w_tau * np.einsum("i,j,ij->", w_y, w_c * root / 2, value)
    return total * PB


def top_z(pdf):
    shape = lambda m: (1 - m**2 / M_T**2) ** 2 * (1 + 2 * m**2 / M_T**2) / m**2
    coupling2 = 1e-4 * 2 * COS2 * shape(M_W) / shape(M_Z)

    def flux(xa, xb, s, pt2):
        q = np.sqrt(pt2 + M_Z**2) + 0 * xa
        up = lambda x: pdf(2, x, q) + pdf(-2, x, q)
        return up(xa) * pdf(21, xb, q) + up(xb) * pdf(21, xa, q)

    def cross_section(s, t, pt2):
        # Transverse and Goldstone parts apart; the t <-> u labels do not matter once both beams are summed.
        u = M_T**2 + M_Z**2 - s - t
        q = ((pt2 + M_T**2) * (pt2 + M_Z**2)) ** 0.25
        m2, z2 = M_T**2, M_Z**2
        numerator = (-4*z2**3*m2 + 4*z2**3*u + 2*z2**2*m2**2 + 2*z2**2*m2*u - 4*z2**2*s*u - 4*z2**2*u**2
                     + 2*z2*m2**2*u - 2*z2*m2*s**2 + 2*z2*m2*s*u - 4*z2*m2*u**2 + 2*z2*s**2*u + 2*z2*u**3
                     - m2**4 + 2*m2**3*s + m2**3*u - m2**2*s**2 - 2*m2**2*s*u - m2**2*u**2 + m2*s**2*u
                     + 2*m2*s*u**2 + m2*u**3)
        spin_sum = -2 * numerator / (z2 * s * (u - m2) ** 2)
        g2 = coupling2 * np.pi * alpha_em(q) / (SIN2 * COS2)
        return 4 * np.pi * alpha_s(q) * g2 / 24 * spin_sum / (16 * np.pi * s * s)

    return convolve(flux, cross_section, M_T, M_Z)


def heavy_gluon(pdf, mass):
    m_g, light, top_l, top_r, partner = 3000.0, -0.5, -0.5, 2.0, 2.0
    unit = 4 * np.pi * alpha_s(m_g)

    def width(e):
        def part(left, right, m):
            r = (m / e) ** 2
            if r >= 0.25:
                return 0.0
            return np.sqrt(1 - 4*r) * (0.5 * (left**2 + right**2) * (1 - r) + 3 * left * right * r)
        return unit * e / (24 * np.pi) * (5 * part(light, light, 0) + part(top_l, top_r, M_T)
                                          + part(partner, partner, mass))

    def flux(xa, xb, s, pt2):
        q = np.sqrt(s) + 0 * xa
        return sum(pdf(i, xa, q) * pdf(-i, xb, q) for i in (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5)) + 0 * pt2

    def cross_section(s, t, pt2):
        e = np.sqrt(s)
        breit_wigner = s * s / ((s - m_g**2) ** 2 + s * width(e) ** 2)
        beta2 = 1 - 4 * mass**2 / s
        cos2 = (2 * t - 2 * mass**2 + s) ** 2 / (s * s * beta2)
        shape = 4 / 9 * (0.5 * (1 + beta2 * cos2) + 0.5 * (1 - beta2))
        return (unit * light * partner) ** 2 * breit_wigner * shape / (16 * np.pi * s * s)

    return {"crossSection": convolve(flux, cross_section, mass, mass), "width": float(width(m_g))}


def quark_pair(pdf, mass):
    """g g and q q̄ → Q Q̄ at leading order: B. Combridge, Nucl. Phys. B151 (1979) 429, in the variables of P. Nason,
    S. Dawson, R. K. Ellis, Nucl. Phys. B303 (1988) 607: tau_1 = (m² - t)/s, tau_2 = (m² - u)/s, rho = 4 m²/s."""
    def scale(pt2):
        return np.sqrt(pt2 + mass**2)

    def gluons(xa, xb, s, pt2):
        q = scale(pt2)
        return pdf(21, xa, q) * pdf(21, xb, q)

    def quarks(xa, xb, s, pt2):
        q = scale(pt2)
        return sum(pdf(i, xa, q) * pdf(-i, xb, q) for i in (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5))

    def channel(matrix_element):
        def cross_section(s, t, pt2):
            tau1, rho = (mass**2 - t) / s, 4 * mass**2 / s
            return np.pi * alpha_s(scale(pt2)) ** 2 / s**2 * matrix_element(tau1, 1 - tau1, rho)
        return cross_section

    def from_gluons(tau1, tau2, rho):
        return (1 / (6 * tau1 * tau2) - 3 / 8) * (tau1**2 + tau2**2 + rho - rho**2 / (4 * tau1 * tau2))

    def from_quarks(tau1, tau2, rho):
        return 4 / 9 * (tau1**2 + tau2**2 + rho / 2)

    return {"crossSection": float(convolve(gluons, channel(from_gluons), mass, mass)
                                  + convolve(quarks, channel(from_quarks), mass, mass))}


def main():
    pdf = densities(sys.argv[1])
    result = {"topZ": {"crossSection": top_z(pdf)}}
    for mass in (1000, 1200, 1400):
        result[f"heavyGluonPair{mass}"] = heavy_gluon(pdf, float(mass))
    for mass in (M_T, 1000, 1200, 1400):
        result[f"quarkPair{mass:.0f}"] = quark_pair(pdf, float(mass))
    with open("cross-sections.json", "w") as file:
        json.dump(result, file, indent=1)


main()
