// Steps of optimisers over whole parameters: the kernels of Kernels.cpp where a tensor is plain, LibTorch's operations
// where it is not (other devices, double precision). Norms are added up in blocks of fixed length, in order.
#include <algorithm>
#include <cmath>
#include <vector>

#include "Kernels.h"
#include "Support.h"

namespace ctorch {

static StepNumbers numbers(const CTorchOptimizerStep &s) {
  return {static_cast<float>(s.beta1),        static_cast<float>(s.beta2),        static_cast<float>(s.keep),
          static_cast<float>(s.gradient_rate), static_cast<float>(s.momentum_rate),
          static_cast<float>(s.second_correction), static_cast<float>(s.epsilon), static_cast<float>(s.coupled_decay),
          s.nesterov != 0};
}

static void checkRule(const CTorchOptimizerStep &step) {
  TORCH_CHECK(step.rule >= CTORCH_RULE_MOMENTS && step.rule <= CTORCH_RULE_ADAGRAD, "no optimiser rule ", step.rule);
}

template <typename Body>
static void overElements(int64_t count, Body &&body) {
  parallel(blocks(count, kElementBlock), [&](int64_t block) {
    const int64_t at = block * kElementBlock;
    body(at, std::min(kElementBlock, count - at), block);
  });
}

static void applyRule(int32_t rule, const StepNumbers &step, Updated &u) {
  const UpdateRule update = kernels().rules[rule];
  const float *g = readable(u.gradient);
  float *p = writable(u.parameter), *first = writable(u.m), *second = writable(u.v);
  overElements(u.parameter.numel(), [&](int64_t at, int64_t length, int64_t) {
    update(step, length, g + at, p + at, first + at, second + at);
  });
}

static double squaredNorm(const at::Tensor &values) {
  const int64_t count = values.numel();
  std::vector<double> partial(static_cast<size_t>(blocks(count, kElementBlock)));
  const float *v = readable(values);
  overElements(count, [&](int64_t at, int64_t length, int64_t block) {
    partial[static_cast<size_t>(block)] = kernels().sumOfSquares(length, v + at);
  });
  double sum = 0;
  for (double part : partial) { sum += part; }
  return sum;
}

/// As `torch.nn.utils.clip_grad_norm_`: by limit/(norm + 1e-6) where that is below one.
static void shrink(at::Tensor &gradient, double squared, double limit) {
  const double factor = limit / (std::sqrt(squared) + 1e-6);
  if (!(factor < 1)) { return; }
  float *g = writable(gradient);
  overElements(gradient.numel(), [&](int64_t at, int64_t length, int64_t) {
    kernels().scaleBy(static_cast<float>(factor), length, g + at);
  });
}

static void clip(std::vector<Updated> &parameters, const CTorchOptimizerStep &step) {
  if (step.clipping == CTORCH_CLIP_EACH) {
    for (Updated &u : parameters) { shrink(u.gradient, squaredNorm(u.gradient), step.clip_norm); }
  } else if (step.clipping == CTORCH_CLIP_GLOBAL) {
    double squared = 0;
    for (const Updated &u : parameters) { squared += squaredNorm(u.gradient); }
    for (Updated &u : parameters) { shrink(u.gradient, squared, step.clip_norm); }
  }
}

void updateAll(std::vector<Updated> &parameters, const CTorchOptimizerStep &step) {
  checkRule(step);
  for (Updated &u : parameters) {
    if (u.l1 == 0 && u.l2 == 0) { continue; }
    const float *p = readable(u.parameter);
    float *g = writable(u.gradient);
    overElements(u.parameter.numel(), [&](int64_t at, int64_t length, int64_t) {
      kernels().penalise(u.l1, u.l2, length, p + at, g + at);
    });
  }
  clip(parameters, step);
  const StepNumbers constants = numbers(step);
  for (Updated &u : parameters) { applyRule(step.rule, constants, u); }
}

static void generalStep(const CTorchOptimizerStep &s, const at::Tensor &gradient, at::Tensor &p, at::Tensor &m,
                        at::Tensor &v) {
  const at::Tensor g = s.coupled_decay == 0 ? gradient : gradient.add(p, s.coupled_decay);
  at::Tensor change;
  switch (s.rule) {
    case CTORCH_RULE_MOMENTS:
      m.mul_(s.beta1).add_(g, 1 - s.beta1);
      v.mul_(s.beta2).addcmul_(g, g, 1 - s.beta2);
      change = g.mul(s.gradient_rate).add_(m, s.momentum_rate)
                   .div_(v.mul(s.second_correction).sqrt_().add_(s.epsilon));
      break;
    case CTORCH_RULE_DESCENT:
      m.mul_(s.beta1).add_(g);
      change = (s.nesterov != 0 ? g.add(m, s.beta1) : m).mul(s.gradient_rate);
      break;
    case CTORCH_RULE_RMSPROP:
      v.mul_(s.beta2).addcmul_(g, g, 1 - s.beta2);
      m.mul_(s.beta1).add_(g.div(v.sqrt().add_(s.epsilon)));
      change = m.mul(s.gradient_rate);
      break;
    default:
      v.addcmul_(g, g, 1);
      change = g.mul(s.gradient_rate).div_(v.sqrt().add_(s.epsilon));
  }
  p.mul_(s.keep).sub_(change);
}

CTorchStatus optimizerStep(CTorchTensorRef parameter, CTorchTensorRef gradient, CTorchTensorRef m, CTorchTensorRef v,
                           const CTorchOptimizerStep *step) {
  return guarded([&] {
    at::NoGradGuard guard;
    checkRule(*step);
    at::Tensor &p = parameter->value;
    const at::Tensor g = gradient->value.contiguous();
    TORCH_CHECK(p.sizes() == g.sizes() && p.sizes() == m->value.sizes() && p.sizes() == v->value.sizes(),
                "optimiser step: parameter ", p.sizes(), ", gradient ", g.sizes(), ", moments ", m->value.sizes(),
                " and ", v->value.sizes(), " differ in shape");
    if (isPlain(p) && isPlain(g) && isPlain(m->value) && isPlain(v->value)) {
      Updated updated{g, p, m->value, v->value};
      applyRule(step->rule, numbers(*step), updated);
    } else {
      generalStep(*step, g, p, m->value, v->value);
    }
  });
}

}  // namespace ctorch
