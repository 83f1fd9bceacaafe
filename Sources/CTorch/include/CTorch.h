#ifndef SEARCHLIGHT_CTORCH_H
#define SEARCHLIGHT_CTORCH_H
#include <stddef.h>
#include <stdint.h>

/*
 The room over LibTorch. The library behind it is loaded at run time and exports one symbol, `CTorch_table`;
 everything else is reached through the table it returns.

 Ownership: every function that yields a tensor writes a new handle to its last argument; the caller releases it
 with `release`. Buffers are copied in both directions.
 Errors: 0 is success; otherwise the status says what kind of failure, and `last_error` has the text, valid until
 the next failing call on the same thread.
 Threads: call from one thread only. LibTorch makes a team of workers for each thread that calls it.
*/

#pragma clang assume_nonnull begin
#ifdef __cplusplus
extern "C" {
#endif

#define CTORCH_ABI 3

typedef struct CTorchTensor *CTorchTensorRef;
typedef struct CTorchDense *CTorchDenseRef;
typedef struct CTorchResident *CTorchResidentRef;

typedef enum CTorchStatus : int32_t {
  CTORCH_OK = 0,
  CTORCH_FAILED = 1,
  CTORCH_OUT_OF_MEMORY = 2,
} CTorchStatus;

typedef enum CTorchType : int32_t {
  CTORCH_FLOAT32 = 0,
  CTORCH_FLOAT64 = 1,
  CTORCH_INT64 = 2,
  CTORCH_BOOL = 3,
} CTorchType;

/* Device index: -1 is the CPU, 0 and up are CUDA devices. */
#define CTORCH_CPU (-1)

typedef enum CTorchUnary : int32_t {
  CTORCH_NEGATE, CTORCH_EXP, CTORCH_LOG, CTORCH_LOG1P, CTORCH_EXPM1, CTORCH_SQRT, CTORCH_SQUARE, CTORCH_ABS,
  CTORCH_SIGMOID, CTORCH_LOG_SIGMOID, CTORCH_TANH, CTORCH_RELU, CTORCH_SELU, CTORCH_SILU, CTORCH_GELU,
  CTORCH_SOFTPLUS, CTORCH_RECIPROCAL,
  CTORCH_LEAKY_RELU, /* first: slope below zero */
  CTORCH_ELU,        /* first: alpha */
  CTORCH_CLAMP,      /* first, second: bounds */
  CTORCH_POWER,      /* first: exponent */
} CTorchUnary;

typedef enum CTorchBinary : int32_t {
  CTORCH_ADD, CTORCH_SUBTRACT, CTORCH_MULTIPLY, CTORCH_DIVIDE, CTORCH_MAXIMUM, CTORCH_MINIMUM,
  CTORCH_EQUAL, CTORCH_LESS, CTORCH_GREATER, CTORCH_MATMUL,
} CTorchBinary;

typedef enum CTorchReduction : int32_t {
  CTORCH_SUM, CTORCH_MEAN, CTORCH_MAX, CTORCH_MIN, CTORCH_LOGSUMEXP,
} CTorchReduction;

typedef enum CTorchAlong : int32_t { CTORCH_SOFTMAX, CTORCH_LOG_SOFTMAX, CTORCH_ARGMAX, CTORCH_CUMSUM } CTorchAlong;

typedef enum CTorchUpdate : int32_t {
  CTORCH_COPY,         /* target = a */
  CTORCH_ADD_SCALED,   /* target += factor * a */
  CTORCH_SCALE,        /* target *= factor */
  CTORCH_ADD_PRODUCT,  /* target += factor * a * b */
  CTORCH_ADD_QUOTIENT, /* target += factor * a / b */
} CTorchUpdate;

/* How a loss of each element becomes the result. */
typedef enum CTorchLossReduction : int32_t { CTORCH_LOSS_NONE, CTORCH_LOSS_MEAN, CTORCH_LOSS_SUM } CTorchLossReduction;

typedef enum CTorchActivation : int32_t {
  CTORCH_ACT_IDENTITY, CTORCH_ACT_SELU, CTORCH_ACT_RELU, CTORCH_ACT_LEAKY_RELU, CTORCH_ACT_ELU, CTORCH_ACT_SIGMOID,
  CTORCH_ACT_TANH, CTORCH_ACT_SILU,
} CTorchActivation;

/* One layer of a dense network for the fused step: out = scale * (kept ? activation(in Wᵀ + b) : dropped) + shift. */
typedef struct CTorchDenseLayer {
  CTorchTensorRef weight; /* [out, in], float32, contiguous */
  CTorchTensorRef _Nullable bias; /* [out]; null for a layer without one */
  /* The optimiser's moments, same shapes; null in a network that only answers. */
  CTorchTensorRef _Nullable weight_m, weight_v, bias_m, bias_v;
  int32_t activation;       /* CTorchActivation */
  uint32_t drop_threshold;  /* of 65536: a unit whose 16 random bits are below it is dropped */
  float activation_parameter;
  float dropped, scale, shift;
  uint64_t mask_key;
  float l1, l2;             /* the gradient of the weight gains l1*sign(w) + l2*w */
} CTorchDenseLayer;

typedef enum CTorchRule : int32_t {
  /* Nadam, Adam, AdamW: m = beta1*m + (1-beta1)*g; v = beta2*v + (1-beta2)*g*g;
     p = p*keep - (gradient_rate*g + momentum_rate*m) / (sqrt(v*second_correction) + epsilon) */
  CTORCH_RULE_MOMENTS,
  /* m = beta1*m + g; p = p*keep - gradient_rate*(nesterov ? g + beta1*m : m) */
  CTORCH_RULE_DESCENT,
  /* v = beta2*v + (1-beta2)*g*g; m = beta1*m + g/(sqrt(v) + epsilon); p = p*keep - gradient_rate*m */
  CTORCH_RULE_RMSPROP,
  /* v = v + g*g; p = p*keep - gradient_rate*g/(sqrt(v) + epsilon) */
  CTORCH_RULE_ADAGRAD,
} CTorchRule;

typedef enum CTorchClipping : int32_t {
  CTORCH_CLIP_NONE,
  CTORCH_CLIP_EACH,   /* each parameter's gradient to the norm */
  CTORCH_CLIP_GLOBAL, /* all gradients together */
} CTorchClipping;

/* The numbers of one optimiser step, the same for all parameters. In order: penalties of the layers, clipping,
   then g gains coupled_decay*p, then the rule. */
typedef struct CTorchOptimizerStep {
  int32_t rule;     /* CTorchRule */
  int32_t nesterov;
  int32_t clipping; /* CTorchClipping */
  double clip_norm;
  double beta1, beta2, keep, gradient_rate, momentum_rate, second_correction, epsilon, coupled_decay;
} CTorchOptimizerStep;

/* One parameter with all that its update touches; l1 and l2 are penalties' shares of the gradient. */
typedef struct CTorchUpdated {
  CTorchTensorRef parameter, gradient, m, v;
  double l1, l2;
} CTorchUpdated;

typedef enum CTorchDenseLoss : int32_t {
  CTORCH_DENSE_BINARY,      /* one logit; targets [events] 0 or 1 */
  CTORCH_DENSE_CATEGORICAL, /* K logits; targets [events] 0 to K-1 */
  CTORCH_DENSE_SQUARED,     /* K outputs; targets [events, K]; the mean over the outputs of (output - target)² */
} CTorchDenseLoss;

typedef struct CTorchTable {
  uint32_t abi;
  uint32_t size;

  const char *_Nonnull (*_Nonnull version)(void);
  const char *_Nonnull (*_Nonnull last_error)(void);
  /* Loads LibTorch's CUDA part, which must come before anything else is asked of LibTorch to train on it. */
  int32_t (*cuda_device_count)(void);
  int32_t (*threads)(void);
  CTorchStatus (*set_threads)(int32_t count);
  int64_t (*live_tensors)(void);

  CTorchStatus (*from_buffer)(const void *data, int32_t type, const int64_t *shape, int32_t rank, int32_t device,
                              CTorchTensorRef _Nullable *_Nonnull out);
  CTorchStatus (*full)(double value, int32_t type, const int64_t *shape, int32_t rank, int32_t device,
                       CTorchTensorRef _Nullable *_Nonnull out);
  /* 1 where 16 random bits are at or above the threshold, else 0; bits as in the fused step. [rows, columns], float32. */
  CTorchStatus (*keep_mask)(uint64_t key, uint64_t step, uint32_t drop_threshold, int64_t rows, int64_t columns,
                            int32_t device, CTorchTensorRef _Nullable *_Nonnull out);
  CTorchStatus (*to_buffer)(CTorchTensorRef tensor, void *data, int64_t bytes);
  void (*release)(CTorchTensorRef tensor);
  CTorchStatus (*retain)(CTorchTensorRef tensor, CTorchTensorRef _Nullable *_Nonnull out);

  int32_t (*rank)(CTorchTensorRef tensor);
  int64_t (*extent)(CTorchTensorRef tensor, int32_t axis);
  int32_t (*type)(CTorchTensorRef tensor);
  int32_t (*device)(CTorchTensorRef tensor);

  CTorchStatus (*convert)(CTorchTensorRef tensor, int32_t type, int32_t device,
                          CTorchTensorRef _Nullable *_Nonnull out);
  CTorchStatus (*unary)(int32_t operation, CTorchTensorRef a, double first, double second,
                        CTorchTensorRef _Nullable *_Nonnull out);
  CTorchStatus (*binary)(int32_t operation, CTorchTensorRef a, CTorchTensorRef b,
                         CTorchTensorRef _Nullable *_Nonnull out);
  CTorchStatus (*binary_scalar)(int32_t operation, CTorchTensorRef a, double b,
                                CTorchTensorRef _Nullable *_Nonnull out);
  CTorchStatus (*linear)(CTorchTensorRef input, CTorchTensorRef weight, CTorchTensorRef _Nullable bias,
                         CTorchTensorRef _Nullable *_Nonnull out);
  /* Over the named axes, or over all where count is 0. CTORCH_MAX and CTORCH_MIN are amax and amin. */
  CTorchStatus (*reduce)(int32_t operation, CTorchTensorRef a, const int64_t *_Nullable axes, int32_t count,
                         int32_t keep, CTorchTensorRef _Nullable *_Nonnull out);
  CTorchStatus (*along)(int32_t operation, CTorchTensorRef a, int64_t axis, CTorchTensorRef _Nullable *_Nonnull out);
  CTorchStatus (*reshape)(CTorchTensorRef a, const int64_t *shape, int32_t rank,
                          CTorchTensorRef _Nullable *_Nonnull out);
  CTorchStatus (*transpose)(CTorchTensorRef a, int64_t first, int64_t second, CTorchTensorRef _Nullable *_Nonnull out);
  CTorchStatus (*narrow)(CTorchTensorRef a, int64_t axis, int64_t start, int64_t length,
                         CTorchTensorRef _Nullable *_Nonnull out);
  CTorchStatus (*concatenate)(const CTorchTensorRef _Nonnull *_Nonnull parts, int32_t count, int64_t axis,
                              CTorchTensorRef _Nullable *_Nonnull out);
  CTorchStatus (*select_rows)(CTorchTensorRef a, int64_t axis, CTorchTensorRef indices,
                              CTorchTensorRef _Nullable *_Nonnull out);
  CTorchStatus (*gather)(CTorchTensorRef a, int64_t axis, CTorchTensorRef indices,
                         CTorchTensorRef _Nullable *_Nonnull out);
  CTorchStatus (*choose)(CTorchTensorRef condition, CTorchTensorRef a, CTorchTensorRef b,
                         CTorchTensorRef _Nullable *_Nonnull out);
  CTorchStatus (*update)(int32_t operation, CTorchTensorRef target, CTorchTensorRef _Nullable a,
                         CTorchTensorRef _Nullable b, double factor);

  CTorchStatus (*binary_cross_entropy)(CTorchTensorRef logits, CTorchTensorRef targets,
                                       CTorchTensorRef _Nullable weights, int32_t reduction,
                                       CTorchTensorRef _Nullable *_Nonnull out);
  CTorchStatus (*mean_squared_error)(CTorchTensorRef predictions, CTorchTensorRef targets, int32_t reduction,
                                     CTorchTensorRef _Nullable *_Nonnull out);

  CTorchStatus (*set_requires_gradient)(CTorchTensorRef tensor, int32_t required);
  int32_t (*requires_gradient)(CTorchTensorRef tensor);
  CTorchStatus (*backward)(CTorchTensorRef tensor, CTorchTensorRef _Nullable seed);
  /* *out is null where no gradient has been accumulated. */
  CTorchStatus (*gradient)(CTorchTensorRef tensor, CTorchTensorRef _Nullable *_Nonnull out);
  CTorchStatus (*clear_gradient)(CTorchTensorRef tensor);
  CTorchStatus (*detach)(CTorchTensorRef tensor, CTorchTensorRef _Nullable *_Nonnull out);
  /* Returns the former setting. */
  int32_t (*set_gradient_recording)(int32_t enabled);

  /* One parameter by itself; clipping is the caller's. */
  CTorchStatus (*optimizer_step)(CTorchTensorRef parameter, CTorchTensorRef gradient, CTorchTensorRef m,
                                 CTorchTensorRef v, const CTorchOptimizerStep *step);

  /* The fused training step of a chain of dense layers. */
  CTorchStatus (*dense_create)(const CTorchDenseLayer *layers, int32_t count, int64_t largest_batch,
                               CTorchDenseRef _Nullable *_Nonnull out);
  void (*dense_release)(CTorchDenseRef network);
  /* features [events, in], weights [events], all float32; rows: `count` row numbers.
     The loss is Σ w·ℓ over the rows; the gradient is of that sum divided by `count`. */
  CTorchStatus (*dense_step)(CTorchDenseRef network, CTorchTensorRef features, CTorchTensorRef targets,
                             CTorchTensorRef weights, const int32_t *rows, int64_t count, uint64_t step,
                             int32_t loss_kind, const CTorchOptimizerStep *update, double *loss);
  /* The same in two halves, for a loss of the caller's: outputs [count, out] of the rows with dropout, then the step
     along the gradient [count, out] of that loss with respect to them. */
  CTorchStatus (*dense_forward)(CTorchDenseRef network, CTorchTensorRef features, const int32_t *rows, int64_t count,
                                uint64_t step, CTorchTensorRef _Nullable *_Nonnull outputs);
  CTorchStatus (*dense_backward)(CTorchDenseRef network, CTorchTensorRef seed, const CTorchOptimizerStep *update);
  /* Outputs without dropout: `events` rows of `columns` floats to `events` rows of the last width. */
  CTorchStatus (*dense_outputs)(CTorchDenseRef network, const float *features, int64_t events, float *outputs);

  /* Why there is no CUDA device; empty where there is one. */
  const char *_Nonnull (*_Nonnull cuda_state)(void);
  /* The model and architecture of a device: "NVIDIA H100 80GB HBM3 sm_90". */
  CTorchStatus (*cuda_name)(int32_t device, char *buffer, int64_t size);
  /* Makes ready what training on a CUDA device needs; says why where it cannot be. */
  CTorchStatus (*using_device)(int32_t device);
  /* Penalties, clipping and the rule over all parameters by LibTorch's operations, on any device and of any type. */
  CTorchStatus (*optimizer_step_all)(const CTorchUpdated *parameters, int32_t count, const CTorchOptimizerStep *step);

  /* The training step of a chain of dense layers in a device's memory (or, for tests, the processor's), over many
     batches at a time. `rows`: the most rows of a run. Layers and moments lie on the device. */
  CTorchStatus (*resident_create)(const CTorchDenseLayer *layers, int32_t count, int64_t largest_batch, int64_t rows,
                                  CTorchResidentRef _Nullable *_Nonnull out);
  void (*resident_release)(CTorchResidentRef network);
  /* Sends the order of the rows and the numbers of all steps: batch b takes `batch` rows from `b * batch`, has
     dropout at step `first_step + b` and follows updates[b]. */
  CTorchStatus (*resident_begin)(CTorchResidentRef network, const int32_t *order, int64_t rows, int64_t batch,
                                 uint64_t first_step, const CTorchOptimizerStep *updates, int64_t batches);
  /* Issues the steps of batches [from, to), in order, without waiting for them. */
  CTorchStatus (*resident_run)(CTorchResidentRef network, CTorchTensorRef features, CTorchTensorRef targets,
                               CTorchTensorRef weights, int32_t loss_kind, int64_t from, int64_t to);
  /* Waits, and reads the loss of each batch of the run, as dense_step has it. */
  CTorchStatus (*resident_losses)(CTorchResidentRef network, double *losses, int64_t count);
  /* A run of one batch in two halves, as dense_forward and dense_backward. */
  CTorchStatus (*resident_forward)(CTorchResidentRef network, CTorchTensorRef features,
                                   CTorchTensorRef _Nullable *_Nonnull outputs);
  CTorchStatus (*resident_backward)(CTorchResidentRef network, CTorchTensorRef seed);
  /* Outputs without dropout, on the CPU, of features [events, in] anywhere. */
  CTorchStatus (*resident_outputs)(CTorchResidentRef network, CTorchTensorRef features,
                                   CTorchTensorRef _Nullable *_Nonnull outputs);
} CTorchTable;

/* The one exported symbol: `const CTorchTable *CTorch_table(void)`. */
#define CTORCH_TABLE_SYMBOL "CTorch_table"

#ifdef __cplusplus
}
#endif
#pragma clang assume_nonnull end
#endif
