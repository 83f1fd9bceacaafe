#ifndef SEARCHLIGHT_CFASTJET_H
#define SEARCHLIGHT_CFASTJET_H
#include <stddef.h>
#include <stdint.h>
#pragma clang assume_nonnull begin
#ifdef __cplusplus
extern "C" {
#endif

/* Sequential recombination over FastJet 3. A clusterer owns its buffers and is reused from event to event; one thread
 * at a time may use it, different clusterers may run in different threads (see README.md). Momenta are in GeV.
 *
 * Functions that return int give 0 on success; else cfastjet_last_error tells what was wrong, and there are no jets. */
typedef struct cfastjet_clusterer cfastjet_clusterer;

enum { CFASTJET_KT = 0, CFASTJET_CAMBRIDGE_AACHEN = 1, CFASTJET_ANTI_KT = 2, CFASTJET_GENERALIZED_KT = 3 };
enum { CFASTJET_E_SCHEME = 0, CFASTJET_PT_SCHEME = 1, CFASTJET_WINNER_TAKES_ALL_PT = 2 };

typedef struct {
  int32_t algorithm;
  int32_t recombination;
  double radius;
  double power; /* of the generalised kt algorithm only */
} cfastjet_definition;

cfastjet_clusterer *_Nullable cfastjet_create(void);
void cfastjet_destroy(cfastjet_clusterer *self);
const char *cfastjet_last_error(const cfastjet_clusterer *self);

/* Clusters `count` momenta. Momenta that are not finite, or of zero energy, are an error. */
int cfastjet_cluster(cfastjet_clusterer *self, const double *px, const double *py, const double *pz, const double *energy,
                     size_t count, cfastjet_definition definition);

/* The current result: the jets of the clustered event, by falling transverse momentum. */
int cfastjet_inclusive(cfastjet_clusterer *self, double pt_min);
int cfastjet_exclusive_count(cfastjet_clusterer *self, int32_t jets);
int cfastjet_exclusive_distance(cfastjet_clusterer *self, double d_cut);

/* Trims every jet of the current result: constituents are clustered again with `definition`, and subjets with less than
 * `fraction` of the jet's transverse momentum are dropped. Jets keep their order. */
int cfastjet_trim(cfastjet_clusterer *self, cfastjet_definition definition, double fraction);

/* The current result, valid until the next call. Constituents of jet j, numbers of input momenta, stand at
 * offsets[j] ..< offsets[j + 1]. */
typedef struct {
  size_t count;
  const double *_Nullable px;
  const double *_Nullable py;
  const double *_Nullable pz;
  const double *_Nullable energy;
  const int32_t *_Nullable offsets;
  const int32_t *_Nullable constituents;
} cfastjet_jets;
cfastjet_jets cfastjet_result(const cfastjet_clusterer *self);

/* The clustering history: one row a step, the inputs first. parent1/parent2 are rows or -1 (an input), parent2 = -2 is a
 * recombination with the beam; distance is d_ij (or d_iB) of the step. Returns the number of rows. */
size_t cfastjet_history(cfastjet_clusterer *self, const int32_t *_Nullable *_Nonnull parent1,
                        const int32_t *_Nullable *_Nonnull parent2, const double *_Nullable *_Nonnull distance);

/* FastJet's version, "3.4.0". */
const char *cfastjet_version(void);

#ifdef __cplusplus
}
#endif
#pragma clang assume_nonnull end
#endif
