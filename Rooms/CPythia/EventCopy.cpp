#include "EventCopy.h"

using namespace Pythia8;

namespace {

// The heaviest quark of a hadron by its PDG number; 0 for anything else.
int heaviestQuark(int idAbs) {
  if (idAbs < 100 || idAbs > 9999999) return 0;
  const int baryon = (idAbs / 1000) % 10, meson = (idAbs / 100) % 10;
  return baryon > meson ? baryon : meson;
}

// A hadron with b or c that decays to none of the same quark, or a tau that decays.
bool isLastBeforeWeakDecay(const Event &event, const Particle &particle) {
  const int id = particle.idAbs();
  const bool tau = id == 15;
  const int quark = tau ? 0 : (particle.isHadron() ? heaviestQuark(id) : 0);
  if (!tau && quark != 4 && quark != 5) return false;
  if (particle.isFinal() || particle.daughter1() <= 0) return false;
  for (int i = particle.daughter1(); i <= std::max(particle.daughter1(), particle.daughter2()); ++i) {
    const Particle &daughter = event[i];
    if (tau ? daughter.idAbs() == 15 : daughter.isHadron() && heaviestQuark(daughter.idAbs()) == quark) return false;
  }
  return true;
}

// Entries of the hard process and of its resonances' decays have codes 21 to 29 (24: the intermediate ones of
// 2→1→n); showers give their copies others.
int32_t hardRole(const Particle &particle) {
  const int code = particle.statusAbs();
  if (code == 21) return CPYTHIA_HARD_INCOMING;
  if (code == 22) return CPYTHIA_HARD_RESONANCE;
  if (code == 23 || code == 24) return CPYTHIA_HARD_OUTGOING;
  return 0;
}

} // namespace

void EventCopy::clear() {
  for (auto *column : {&pdgID, &role, &mother}) column->clear();
  for (auto *column : {&px, &py, &pz, &energy, &mass, &x, &y, &z, &t}) column->clear();
  charge.clear();
}

void EventCopy::add(const Particle &particle, int32_t kind, int32_t motherRow) {
  pdgID.push_back(particle.id());
  role.push_back(kind);
  mother.push_back(motherRow);
  px.push_back(particle.px());
  py.push_back(particle.py());
  pz.push_back(particle.pz());
  energy.push_back(particle.e());
  mass.push_back(particle.m());
  x.push_back(particle.xProd());
  y.push_back(particle.yProd());
  z.push_back(particle.zProd());
  t.push_back(particle.tProd());
  charge.push_back(static_cast<int8_t>(particle.chargeType()));
}

void EventCopy::copy(const Event &event, const CPythiaFilter &filter, CPythiaEvent &out) {
  clear();
  rowOf.assign(event.size(), -1);
  const double partonPT2 = filter.parton_pt_min * filter.parton_pt_min;
  // Entry 0 is the event as a whole.
  for (int i = 1; i < event.size(); ++i) {
    const Particle &particle = event[i];
    const int parent = particle.mother1(), code = particle.statusAbs();
    // Hadrons made by strings and clusters (81-89) and other partonic interactions have no meaningful single ancestor.
    const bool orphan = code >= 81 && code <= 89;
    int32_t row = !orphan && parent > 0 && parent < i ? rowOf[parent] : -1;
    const auto keep = [&](int32_t kind) {
      add(particle, kind, row);
      row = static_cast<int32_t>(pdgID.size()) - 1;
    };
    if (filter.keep & CPYTHIA_KEEP_HARD)
      if (const int32_t kind = hardRole(particle)) keep(kind);
    if ((filter.keep & CPYTHIA_KEEP_PARTONS) && particle.colType() != 0 && particle.isFinalPartonLevel() &&
        (particle.isQuark() || particle.isGluon()) && particle.p().pT2() >= partonPT2)
      keep(CPYTHIA_PARTON);
    if ((filter.keep & CPYTHIA_KEEP_DECAYED) && isLastBeforeWeakDecay(event, particle)) keep(CPYTHIA_DECAYED);
    if ((filter.keep & CPYTHIA_KEEP_FINAL) && particle.isFinal()) keep(CPYTHIA_FINAL);
    rowOf[i] = row;
  }
  out.count = static_cast<int64_t>(pdgID.size());
  out.pdg_id = pdgID.data();
  out.role = role.data();
  out.px = px.data();
  out.py = py.data();
  out.pz = pz.data();
  out.energy = energy.data();
  out.mass = mass.data();
  out.x = x.data();
  out.y = y.data();
  out.z = z.data();
  out.t = t.data();
  out.charge = charge.data();
  out.mother = mother.data();
}
