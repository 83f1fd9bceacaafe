// Steps of optimisers over whole parameters: the kernels of Kernels.cpp where a tensor is plain, LibTorch's operations
// where it is not (other devices, double precision). Norms are added up in blocks of fixed length, in order.
#include <algorithm>
#include <cmath>
#include <vector>

#include "Kernels.h"
#include "Support.h"

namespace ctorch {

StepNumbers stepNumbers(const CTorchOptimizerStep &s) {
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
  static thread_local std::vector<double> partial;
  partial.resize(static_cast<size_t>(blocks(count, kElementBlock)));
  double *parts = partial.data();
  const float *v = readable(values);
  overElements(count, [&](int64_t at, int64_t length, int64_t block) {
    parts[block] = kernels().sumOfSquares(length, v + at);
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
  const StepNumbers constants = stepNumbers(step);
  for (Updated &u : parameters) { applyRule(step.rule, constants, u); }
}

/// The same by LibTorch's operations over lists of tensors: a few launches on a device however many parameters there are,
/// and no number is waited for.
struct Listed {
  std::vector<at::Tensor> gradients, parameters, m, v;
};

static void clipListed(Listed &all, const CTorchOptimizerStep &s) {
  if (s.clipping == CTORCH_CLIP_NONE) { return; }
  at::Tensor norms = at::stack(at::_foreach_norm(all.gradients));
  if (s.clipping == CTORCH_CLIP_GLOBAL) { norms = norms.square().sum().sqrt().expand_as(norms); }
  const at::Tensor factors = norms.add(1e-6).reciprocal().mul(s.clip_norm).clamp_max(1.0);
  for (size_t i = 0; i < all.gradients.size(); ++i) {
    all.gradients[i] = all.gradients[i] * factors[static_cast<int64_t>(i)];
  }
}

static void ruleListed(Listed &all, const CTorchOptimizerStep &s) {
  std::vector<at::Tensor> g = all.gradients;
  if (s.coupled_decay != 0) { g = at::_foreach_add(g, all.parameters, s.coupled_decay); }
  if (s.keep != 1) { at::_foreach_mul_(all.parameters, s.keep); }
  const auto roots = [&](const std::vector<at::Tensor> &squares) {
    std::vector<at::Tensor> divisors = at::_foreach_sqrt(squares);
    at::_foreach_add_(divisors, s.epsilon);
    return divisors;
  };
  switch (s.rule) {
    case CTORCH_RULE_MOMENTS: {
      at::_foreach_mul_(all.m, s.beta1);
      at::_foreach_add_(all.m, g, 1 - s.beta1);
      at::_foreach_mul_(all.v, s.beta2);
      at::_foreach_addcmul_(all.v, g, g, 1 - s.beta2);
      std::vector<at::Tensor> change = at::_foreach_mul(g, s.gradient_rate);
      at::_foreach_add_(change, all.m, s.momentum_rate);
      at::_foreach_addcdiv_(all.parameters, change, roots(at::_foreach_mul(all.v, s.second_correction)), -1);
      return;
    }
    case CTORCH_RULE_DESCENT:
      at::_foreach_mul_(all.m, s.beta1);
      at::_foreach_add_(all.m, g);
      at::_foreach_add_(all.parameters, s.nesterov != 0 ? at::_foreach_add(g, all.m, s.beta1) : all.m, -s.gradient_rate);
      return;
    case CTORCH_RULE_RMSPROP:
      at::_foreach_mul_(all.v, s.beta2);
      at::_foreach_addcmul_(all.v, g, g, 1 - s.beta2);
      at::_foreach_mul_(all.m, s.beta1);
      at::_foreach_addcdiv_(all.m, g, roots(all.v));
      at::_foreach_add_(all.parameters, all.m, -s.gradient_rate);
      return;
    default:
      at::_foreach_addcmul_(all.v, g, g);
      at::_foreach_addcdiv_(all.parameters, g, roots(all.v), -s.gradient_rate);
  }
}

CTorchStatus optimizerStepAll(const CTorchUpdated *parameters, int32_t count, const CTorchOptimizerStep *step) {
  return guarded([&] {
    at::NoGradGuard guard;
    checkRule(*step);
    Listed all;
    for (int32_t i = 0; i < count; ++i) {
      const CTorchUpdated &u = parameters[i];
      const at::Tensor p = u.parameter->value.detach();
      at::Tensor g = u.gradient->value.contiguous();
      TORCH_CHECK(p.sizes() == g.sizes() && p.sizes() == u.m->value.sizes() && p.sizes() == u.v->value.sizes(),
                  "optimiser step: parameter ", i, " ", p.sizes(), ", gradient ", g.sizes(), ", moments ",
                  u.m->value.sizes(), " and ", u.v->value.sizes(), " differ in shape");
      if (u.l1 != 0) { g = g.add(p.sign(), u.l1); }
      if (u.l2 != 0) { g = g.add(p, u.l2); }
      all.gradients.push_back(g);
      all.parameters.push_back(p);
      all.m.push_back(u.m->value);
      all.v.push_back(u.v->value);
    }
    if (count == 0) { return; }
    clipListed(all, *step);
    ruleListed(all, *step);
  });
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
      applyRule(step->rule, stepNumbers(*step), updated);
    } else {
      Listed one{{g}, {p}, {m->value}, {v->value}};
      ruleListed(one, *step);
    }
  });
}

}  // namespace ctorch
