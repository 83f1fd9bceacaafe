"""usage: python make_data.py DATA_FOLDER

Digests of every particle of every event of public LHE and HepMC files, read by pylhe 2.1.0 and pyhepmc 2.16.1.
Numbers are packed as little-endian doubles and hashed with SHA-256, in the order that README.md says.
"""

import hashlib
import json
import pathlib
import struct
import sys

import pyhepmc
import pylhe

HERE = pathlib.Path(__file__).resolve().parent


def pack(*values):
    return struct.pack(f"<{len(values)}d", *(float(v) for v in values))


def lhe(path):
    file = pylhe.LHEFile.fromfile(str(path))
    init = file.init.initInfo
    digest = hashlib.sha256()
    digest.update(
        pack(init.beamA, init.beamB, init.energyA, init.energyB, init.PDFgroupA, init.PDFgroupB, init.PDFsetA,
             init.PDFsetB, init.weightingStrategy, init.numProcesses)
    )
    for process in file.init.procInfo:
        digest.update(pack(process.xSection, process.error, process.unitWeight, process.procId))
    counts = {"events": 0, "particles": 0, "weights": 0}
    sum_weights = 0.0
    for event in file.events:
        info = event.eventinfo
        digest.update(pack(info.nparticles, info.pid, info.weight, info.scale, info.aqed, info.aqcd))
        for p in event.particles:
            digest.update(
                pack(p.id, p.status, p.mother1, p.mother2, p.color1, p.color2, p.px, p.py, p.pz, p.e, p.m, p.lifetime,
                     p.spin)
            )
        for name, value in event.weights.items():
            digest.update(name.encode() + b"\0" + pack(value))
        counts["events"] += 1
        counts["particles"] += len(event.particles)
        counts["weights"] += len(event.weights)
        sum_weights += info.weight
    return {**counts, "sumOfWeights": sum_weights, "digest": digest.hexdigest()}


def position(vertex):
    if vertex is None or not vertex.has_set_position():
        return (0.0, 0.0, 0.0, 0.0)
    p = vertex.position
    return (p.x, p.y, p.z, p.t)


def hepmc(path):
    """Particles without regard to their order, each with its own numbers, its production vertex and its parents' momenta."""
    digest = hashlib.sha256()
    counts = {"events": 0, "particles": 0, "vertices": 0, "final": 0}
    with pyhepmc.open(str(path)) as file:
        for event in file:
            assert event.momentum_unit == pyhepmc.Units.GEV and event.length_unit == pyhepmc.Units.MM
            digest.update(pack(event.event_number, len(event.weights), *event.weights))
            section = event.cross_section
            if section is not None:
                digest.update(pack(section.xsec(0), section.xsec_err(0)))
            pdf = event.pdf_info
            if pdf is not None:
                digest.update(
                    pack(pdf.parton_id1, pdf.parton_id2, pdf.x1, pdf.x2, pdf.scale, pdf.xf1, pdf.xf2, pdf.pdf_id1,
                         pdf.pdf_id2)
                )
            rows = []
            for p in event.particles:
                m, vertex = p.momentum, p.production_vertex
                parents = sorted(pack(q.momentum.px, q.momentum.py, q.momentum.pz, q.momentum.e) for q in p.parents)
                rows.append(
                    pack(p.pid, p.status, m.px, m.py, m.pz, m.e, p.generated_mass, *position(vertex), len(parents))
                    + b"".join(parents)
                )
                counts["final"] += p.status == 1
            for row in sorted(rows):
                digest.update(row)
            counts["events"] += 1
            counts["particles"] += len(event.particles)
            counts["vertices"] += len([v for v in event.vertices if len(v.particles_in) > 0])
    return {**counts, "digest": digest.hexdigest()}


def main():
    folder = pathlib.Path(sys.argv[1]) / "events"
    found = {"pylhe": pylhe.__version__, "pyhepmc": pyhepmc.__version__, "lhe": {}, "hepmc": {}}
    for path in sorted(folder.glob("*.lhe*")):
        found["lhe"][path.name] = lhe(path)
    for path in sorted([*folder.glob("*.hepmc"), *folder.glob("*.hepmc3")]):
        found["hepmc"][path.name] = hepmc(path)
    (HERE / "digests.json").write_text(json.dumps(found, indent=1) + "\n")


main()
