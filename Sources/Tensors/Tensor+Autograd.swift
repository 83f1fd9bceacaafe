internal import CTorch

extension Tensor {
  /// Whether operations on this tensor are recorded for ``backward(seed:)``.
  public var requiresGradient: Bool { api.pointee.requires_gradient(handle) != 0 }

  public func setRequiresGradient(_ required: Bool) throws {
    try TorchRuntime.check(
      api.pointee.set_requires_gradient(handle, required ? 1 : 0), api, "requires gradient", [shape])
  }

  /// Adds d(self)/d(leaf) to the gradient of every leaf that requires one. A tensor of more than one element needs a
  /// `seed` of its shape: the gradient of the final number with respect to it.
  public func backward(seed: Tensor? = nil) throws {
    try TorchRuntime.check(api.pointee.backward(handle, seed?.handle), api, "backward", [shape])
  }

  /// The gradient accumulated so far.
  /// - Throws: ``TensorError/noGradient(shape:)``.
  public func gradient() throws -> Tensor {
    var out: OpaquePointer?
    try TorchRuntime.check(api.pointee.gradient(handle, &out), api, "gradient", [shape])
    guard let out else { throw TensorError.noGradient(shape: shape) }
    return Tensor(owning: out, api)
  }

  public func clearGradient() throws {
    try TorchRuntime.check(api.pointee.clear_gradient(handle), api, "clear gradient", [shape])
  }

  /// The same values outside the recorded graph; shares storage.
  public func detached() throws -> Tensor { try derive("detach") { $0.detach(handle, $1) } }

  /// Runs `body` without recording operations.
  public static func withoutGradients<Result>(_ body: @TorchActor () throws -> Result) throws -> Result {
    let api = try TorchRuntime.table().pointee
    let before = api.set_gradient_recording(0)
    defer { _ = api.set_gradient_recording(before) }
    return try body()
  }

  // MARK: Changes in place (never recorded)

  /// self ← other, of the same shape.
  public func assign(_ other: Tensor) throws { try update(CTORCH_COPY, "assign", other) }

  /// self ← self + factor · other.
  public func add(_ other: Tensor, scaledBy factor: Double = 1) throws {
    try update(CTORCH_ADD_SCALED, "add in place", other, factor: factor)
  }

  /// self ← factor · self.
  public func scale(by factor: Double) throws { try update(CTORCH_SCALE, "scale in place", factor: factor) }

  /// self ← self + factor · a · b.
  public func add(product a: Tensor, _ b: Tensor, scaledBy factor: Double = 1) throws {
    try update(CTORCH_ADD_PRODUCT, "add product in place", a, b, factor: factor)
  }

  /// self ← self + factor · a / b.
  public func add(quotient a: Tensor, _ b: Tensor, scaledBy factor: Double = 1) throws {
    try update(CTORCH_ADD_QUOTIENT, "add quotient in place", a, b, factor: factor)
  }

  private func update(
    _ operation: CTorchUpdate, _ name: String, _ a: Tensor? = nil, _ b: Tensor? = nil, factor: Double = 1
  ) throws {
    let status = api.pointee.update(operation.rawValue, handle, a?.handle, b?.handle, factor)
    try TorchRuntime.check(status, api, name, [self, a, b].compactMap { $0?.shape })
  }
}
