/* The room over Pythia 8: a table of C functions in libCPythia.so, which the program loads at first use.
 *
 * Instances are independent; one instance belongs to one thread at a time. Functions return 0 for success and another
 * number for failure, after which last_error() of the instance (or thread_error() where there is none) says why.
 * No C++ exception leaves the room, and nothing is printed.
 */
#ifndef SEARCHLIGHT_CPYTHIA_H
#define SEARCHLIGHT_CPYTHIA_H
#include <stddef.h>
#include <stdint.h>
#pragma clang assume_nonnull begin
#ifdef __cplusplus
extern "C" {
#endif

#define CPYTHIA_ABI 2u

typedef struct CPythiaInstance CPythiaInstance;

/* Roles of rows; the numbers are those of ParticleRole. */
enum {
  CPYTHIA_FINAL = 1,
  CPYTHIA_DECAYED = 2,
  CPYTHIA_PARTON = 3,
  CPYTHIA_HARD_INCOMING = 21,
  CPYTHIA_HARD_RESONANCE = 22,
  CPYTHIA_HARD_OUTGOING = 23
};

/* Which rows an event has. */
enum {
  CPYTHIA_KEEP_FINAL = 1 << 0,
  /* hadrons with b or c just before their weak decay, and taus before theirs */
  CPYTHIA_KEEP_DECAYED = 1 << 1,
  CPYTHIA_KEEP_PARTONS = 1 << 2,
  CPYTHIA_KEEP_HARD = 1 << 3
};

typedef struct {
  uint32_t keep;            /* CPYTHIA_KEEP_… */
  double parton_pt_min;     /* GeV; partons below it are left out */
} CPythiaFilter;

/* One event: `count` rows in arrays that belong to the instance and stay valid until its next event. */
typedef struct {
  int64_t count;
  const int32_t *_Nullable pdg_id;
  const int32_t *_Nullable role;
  const double *_Nullable px;         /* GeV */
  const double *_Nullable py;
  const double *_Nullable pz;
  const double *_Nullable energy;
  const double *_Nullable mass;
  const double *_Nullable x;          /* production vertex, mm */
  const double *_Nullable y;
  const double *_Nullable z;
  const double *_Nullable t;          /* mm/c */
  const int8_t *_Nullable charge;     /* e/3 */
  const int32_t *_Nullable mother;    /* row of the nearest ancestor with a row, or -1 */
  double weight;
  double pt_hat;            /* GeV */
  double scale;             /* renormalisation scale, GeV */
  double alpha_s;
  double shower_sum;        /* GeV; see CPythiaVeto; 0 without a shower_scale */
  int32_t process_code;
} CPythiaEvent;

typedef struct {
  int64_t tried;            /* phase-space points */
  int64_t selected;         /* events of the hard process, before vetoes */
  int64_t vetoed;           /* refused by the veto of add_veto(), before or within showers */
  int64_t accepted;         /* complete events */
  double sigma_pb;          /* after forced decays and vetoes */
  double sigma_error_pb;
  double weight_sum;
} CPythiaStatistics;

/* A demand on the hard process, tested after its resonances decayed and before showers; an event that fails any
 * demand is dropped, and the cross-section counts it as not accepted. */
typedef struct {
  int32_t lepton_count_min; /* electrons and muons (and taus if lepton_count_taus) with the two cuts below */
  int32_t lepton_count_taus;
  double lepton_pt_min;     /* GeV */
  double lepton_eta_max;    /* on |eta| */
  double scalar_sum_min;    /* GeV; sum of pT of all outgoing particles of the hard process but neutrinos */
  /* The same sum once more when showers and multiple interactions have come down to shower_scale (GeV; 0: not tested):
   * partons radiated above the scale count, and the hard process's decay products with the recoil of their resonances.
   * Events stay with shower_sum_min <= sum < shower_sum_max. */
  double shower_scale;
  double shower_sum_min;    /* GeV */
  double shower_sum_max;
} CPythiaVeto;

/* A decay that must be there: at least `count_min` and at most `count_max` resonances of |id| = parent that decay to
 * two products of |id| = first and |id| = second, in either order. */
typedef struct {
  int32_t parent;
  int32_t first;
  int32_t second;
  int32_t count_min;
  int32_t count_max;
} CPythiaDecayRule;

enum { CPYTHIA_FLUX_QG = 0, CPYTHIA_FLUX_QQBAR = 1 };

enum {
  CPYTHIA_COLOUR_QG_TO_TRIPLET = 0,
  CPYTHIA_COLOUR_OCTET_TO_PAIR = 1,
  CPYTHIA_COLOUR_SINGLET_TO_PAIR = 2,
  CPYTHIA_COLOUR_NONE = 3
};

typedef struct {
  const char *name;
  int32_t code;
  int32_t flux;             /* CPYTHIA_FLUX_… */
  int32_t id3;              /* for an incoming quark; an incoming antiquark gives the antiparticles */
  int32_t id4;
  int32_t resonance;        /* id for the sampling of sHat, or 0 */
  int32_t s_channel_only;
  int32_t colour;           /* CPYTHIA_COLOUR_… */
} CPythiaProcess;

/* tHat = (p_a - p_3)^2 with a the incoming quark or antiquark (for qqbar: the one that particle 3 follows). */
typedef struct {
  double s_hat, t_hat, u_hat; /* GeV^2 */
  double m3, m4;              /* GeV */
  double alpha_s, alpha_em;
  int32_t id1, id2;
} CPythiaKinematics;

/* d(sigma)/d(tHat) in GeV^-4 without decay fractions, which the room multiplies in. */
typedef double (*_Nonnull CPythiaSigma)(void *_Nullable context, const CPythiaKinematics *kinematics);

typedef struct {
  uint32_t abi;
  uint32_t size;            /* of this structure in bytes */

  /* "8.318" */
  const char *_Nonnull (*_Nonnull version)(void);
  /* Folder of Pythia's XML data for the whole process; the first call counts. NULL: PYTHIA8DATA, else the folder that
   * the room was compiled with. Fails if the folder has no Version.xml. */
  int (*_Nonnull prepare)(const char *_Nullable data_folder);
  /* Why the last call of this thread without an instance failed. */
  const char *_Nonnull (*_Nonnull thread_error)(void);

  /* seed in 1...900000000. NULL on failure. */
  CPythiaInstance *_Nullable (*_Nonnull create)(int32_t seed);
  void (*_Nonnull destroy)(CPythiaInstance *instance);
  const char *_Nonnull (*_Nonnull last_error)(CPythiaInstance *instance);
  /* One line of Pythia's settings. */
  int (*_Nonnull read_setting)(CPythiaInstance *instance, const char *line);
  int (*_Nonnull add_veto)(
    CPythiaInstance *instance, const CPythiaVeto *veto, const CPythiaDecayRule *_Nullable rules, int64_t rule_count,
    int64_t vetoes_in_a_row_max, int64_t shower_vetoes_in_a_row_max);
  int (*_Nonnull add_process)(
    CPythiaInstance *instance, const CPythiaProcess *process, CPythiaSigma sigma, void *_Nullable context);
  int (*_Nonnull init)(CPythiaInstance *instance);
  /* 0: an event was made; 1: this one failed inside Pythia, the next may work; 2: the instance is unusable. */
  int (*_Nonnull next)(CPythiaInstance *instance, const CPythiaFilter *filter, CPythiaEvent *event);
  int (*_Nonnull statistics)(CPythiaInstance *instance, CPythiaStatistics *statistics);
} CPythiaTable;

/* The one exported function of libCPythia.so. */
const CPythiaTable *CPythia_table(void);

#ifdef __cplusplus
}
#endif
#pragma clang assume_nonnull end
#endif
