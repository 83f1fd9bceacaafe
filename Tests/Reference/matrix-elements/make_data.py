"""Spin sums of two 2 -> 2 processes by matrix traces at 50 digits (mpmath), with nothing shared with the program:
Dirac (not chiral) representation, completeness relations in place of helicity states.

Command: python3 make_data.py     Tools: see README.md
"""
import json

import mpmath as mp

mp.mp.dps = 50
ZERO, ONE = mp.zeros(2), mp.eye(2)
SIGMA = [mp.matrix([[0, 1], [1, 0]]), mp.matrix([[0, -1j], [1j, 0]]), mp.matrix([[1, 0], [0, -1]])]
METRIC = [1, -1, -1, -1]


def block(a, b, c, d):
    m = mp.zeros(4)
    for i in range(2):
        for j in range(2):
            m[i, j], m[i, j + 2], m[i + 2, j], m[i + 2, j + 2] = a[i, j], b[i, j], c[i, j], d[i, j]
    return m


GAMMA = [block(ONE, ZERO, ZERO, -ONE)] + [block(ZERO, s, -s, ZERO) for s in SIGMA]
UNIT = mp.eye(4)
GAMMA5 = 1j * GAMMA[0] * GAMMA[1] * GAMMA[2] * GAMMA[3]
LEFT, RIGHT = (UNIT - GAMMA5) / 2, (UNIT + GAMMA5) / 2


def slash(p):
    m = mp.zeros(4)
    for i in range(4):
        m += METRIC[i] * p[i] * GAMMA[i]
    return m


def dot(p, q):
    return sum(METRIC[i] * p[i] * q[i] for i in range(4))


def add(p, q, sign=1):
    return [a + sign * b for a, b in zip(p, q)]


def trace(m):
    return sum(m[i, i] for i in range(4))


def kinematics(energy, cos_theta, m3, m4):
    e = mp.mpf(energy)
    s, c = e * e, mp.mpf(cos_theta)
    k = mp.sqrt((s - (m3 + m4) ** 2) * (s - (m3 - m4) ** 2)) / (2 * e)
    p1, p2 = [e / 2, 0, 0, e / 2], [e / 2, 0, 0, -e / 2]
    p3 = [mp.sqrt(k * k + m3 * m3), k * mp.sqrt(1 - c * c), 0, k * c]
    return p1, p2, p3, add(add(p1, p2), p3, -1)


def top_z(energy, cos_theta, m3, m4):
    """q g -> t Z, left-handed vector vertex, couplings and colour taken out, summed over all spins."""
    m3, m4 = mp.mpf(m3), mp.mpf(m4)
    p1, p2, p3, p4 = kinematics(energy, cos_theta, m3, m4)
    q12, q32 = add(p1, p2), add(p3, p2, -1)
    s, d = dot(q12, q12), dot(q32, q32) - m3 * m3
    a = [[GAMMA[z] * LEFT * slash(q12) * GAMMA[g] / s + GAMMA[g] * (slash(q32) + m3 * UNIT) * GAMMA[z] * LEFT / d
          for g in range(4)] for z in range(4)]
    b = [[GAMMA[g] * slash(q12) * RIGHT * GAMMA[z] / s + RIGHT * GAMMA[z] * (slash(q32) + m3 * UNIT) * GAMMA[g] / d
          for g in range(4)] for z in range(4)]
    total = mp.mpf(0)
    for z1 in range(4):
        for z2 in range(4):
            z = -(METRIC[z1] if z1 == z2 else 0) + METRIC[z1] * METRIC[z2] * p4[z1] * p4[z2] / m4**2
            if z == 0:
                continue
            for g in range(4):
                total += -METRIC[g] * z * mp.re(
                    trace((slash(p3) + m3 * UNIT) * a[z1][g] * slash(p1) * b[z2][g]))
    return mp.re(total), s, dot(add(p1, p3, -1), add(p1, p3, -1)), dot(add(p2, p3, -1), add(p2, p3, -1))


def vector_exchange(energy, cos_theta, m):
    """q qbar -> V -> Q Qbar, unit vector couplings and propagator 1/s: colour factor and averages of an octet."""
    m = mp.mpf(m)
    p1, p2, p3, p4 = kinematics(energy, cos_theta, m, m)
    s = dot(add(p1, p2), add(p1, p2))
    total = mp.mpf(0)
    for x in range(4):
        for y in range(4):
            incoming = trace(slash(p2) * GAMMA[x] * slash(p1) * GAMMA[y])
            outgoing = trace((slash(p3) + m * UNIT) * GAMMA[x] * (slash(p4) - m * UNIT) * GAMMA[y])
            total += METRIC[x] * METRIC[y] * mp.re(incoming * outgoing)
    colour = mp.mpf(2)  # Tr(T^a T^b) Tr(T^a T^b) = 8/4
    return total / s**2 * colour / 36, s, dot(add(p1, p3, -1), add(p1, p3, -1)), dot(add(p2, p3, -1), add(p2, p3, -1))


def main():
    number = lambda x: float(mp.nstr(x, 17))
    points = {"topZ": [], "vectorExchange": []}
    for energy in ("266", "300", "500", "1000", "4000", "13000"):
        for cos_theta in ("-0.999", "-0.5", "0.1", "0.7", "0.999"):
            for m3, m4 in (("173", "91.1876"), ("150.5", "60.25")):
                value, s, t, u = top_z(energy, cos_theta, m3, m4)
                points["topZ"].append(
                    {"energy": float(energy), "cosTheta": float(cos_theta), "m3": float(m3), "m4": float(m4),
                     "s": number(s), "t": number(t), "u": number(u), "value": number(value)})
    for energy in ("2010", "2500", "3000", "8000"):
        for cos_theta in ("-0.9", "0", "0.35", "0.99"):
            value, s, t, u = vector_exchange(energy, cos_theta, "1000")
            points["vectorExchange"].append(
                {"energy": float(energy), "cosTheta": float(cos_theta), "m3": 1000.0, "m4": 1000.0,
                 "s": number(s), "t": number(t), "u": number(u), "value": number(value)})
    with open("spin-sums.json", "w") as file:
        json.dump(points, file, indent=1)


main()
