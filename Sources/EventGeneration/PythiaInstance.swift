internal import CPythia
import Foundation
import PhysicsObjects

/// One Pythia generator: owned and used by one thread.
final class PythiaInstance {
  private let functions: UnsafePointer<CPythiaTable>
  private let handle: OpaquePointer
  private var process: HardProcessBox?
  private var filter: CPythiaFilter
  private let cardName: String

  /// Constructs and initialises (about half a second).
  init(
    card: ProcessCard, slice: Int, seed: Int32, hardProcess: (any HardProcess)?, content: EventContent,
    eventFile: String? = nil
  ) throws {
    functions = try PythiaRoom.shared().functions
    cardName = card.name
    guard let handle = functions.pointee.create(seed) else {
      throw EventGenerationError.initialisation(
        card: card.name, reason: String(cString: functions.pointee.thread_error()))
    }
    self.handle = handle
    filter = CPythiaFilter(keep: content.rawValue, parton_pt_min: EventContent.partonPtMinimum)
    let settings = card.settings(forSlice: slice, eventFile: eventFile)
    for line in settings where functions.pointee.read_setting(handle, line) != 0 {
      throw EventGenerationError.setting(card: card.name, setting: line, reason: lastError)
    }
    let spectrum = try card.spectrum.map(SpectrumFile.init)
    for line in spectrum?.settings ?? [] where functions.pointee.read_setting(handle, line) != 0 {
      throw EventGenerationError.setting(card: card.name, setting: line, reason: lastError)
    }
    try addVetoes(of: card, slice: card.slices[slice])
    if let hardProcess { try add(hardProcess) }
    try check(functions.pointee.`init`(handle))
    withExtendedLifetime(spectrum) {}
  }

  deinit { functions.pointee.destroy(handle) }

  private var lastError: String { String(cString: functions.pointee.last_error(handle)) }

  private func check(_ status: Int32) throws {
    if status != 0 { throw EventGenerationError.initialisation(card: cardName, reason: lastError) }
  }

  /// A veto that nothing passes is noticed after so many refusals: seconds of work.
  private static let vetoesInARowMaximum: Int64 = 2_000_000

  /// The same for a slice's range of the shower's sum: minutes of work.
  private static let showersInARowMaximum: Int64 = 100_000

  private func addVetoes(of card: ProcessCard, slice: ProcessCard.Slice) throws {
    let range = slice.showerSum
    guard card.veto != nil || range != nil else { return }
    let veto = card.veto ?? ProcessVeto()
    var plain = CPythiaVeto(
      lepton_count_min: Int32(veto.leptonCount), lepton_count_taus: veto.countsTaus ? 1 : 0,
      lepton_pt_min: veto.leptonPtMinimum, lepton_eta_max: veto.leptonEtaMaximum,
      scalar_sum_min: veto.scalarSumMinimum, shower_scale: range == nil ? 0 : card.showerScale,
      shower_sum_min: range?.minimum ?? 0, shower_sum_max: range?.maximum ?? .infinity)
    let rules = veto.decays.map {
      CPythiaDecayRule(
        parent: Int32($0.parent), first: Int32($0.products[0]), second: Int32($0.products[1]),
        count_min: Int32($0.atLeast), count_max: Int32($0.atMost))
    }
    try check(
      rules.withUnsafeBufferPointer {
        functions.pointee.add_veto(
          handle, &plain, $0.baseAddress, Int64($0.count), Self.vetoesInARowMaximum, Self.showersInARowMaximum)
      })
  }

  private func add(_ process: any HardProcess) throws {
    let box = HardProcessBox(process)
    self.process = box
    let descriptor = process.descriptor
    let status = descriptor.name.withCString { name in
      var plain = CPythiaProcess(
        name: name, code: Int32(descriptor.code), flux: descriptor.flux.roomCode, id3: Int32(descriptor.outgoing.0),
        id4: Int32(descriptor.outgoing.1), resonance: Int32(descriptor.resonance),
        s_channel_only: descriptor.isSChannelOnly ? 1 : 0, colour: descriptor.colourFlow.roomCode)
      return functions.pointee.add_process(
        handle, &plain,
        { context, kinematics in
          guard let context else { return 0 }
          let box = Unmanaged<HardProcessBox>.fromOpaque(context).takeUnretainedValue()
          return box.process.differentialCrossSection(HardKinematics(kinematics.pointee))
        }, Unmanaged.passUnretained(box).toOpaque())
    }
    try check(status)
  }

  enum Outcome {
    case event
    /// Pythia gave this event up; the next may work.
    case failed(String)
    /// No more events from this instance.
    case broken(String)
  }

  /// The next event, into a reused buffer.
  func next(into event: inout GeneratedEvent) -> Outcome {
    var rows = CPythiaEvent()
    switch functions.pointee.next(handle, &filter, &rows) {
    case 0:
      event.fill(from: rows)
      return .event
    case 1: return .failed(lastError)
    default: return .broken(lastError)
    }
  }

  /// Whether the last failure was the end of the file of events. The room says so in these words.
  var hasReachedEnd: Bool { lastError == "the input has ended" }

  func statistics() throws -> CPythiaStatistics {
    var statistics = CPythiaStatistics()
    try check(functions.pointee.statistics(handle, &statistics))
    return statistics
  }
}

/// A spectrum in a file of its own while Pythia is initialised: it takes no text.
private final class SpectrumFile {
  private let url: URL

  init(_ text: String) throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).slha")
    try Data(text.utf8).write(to: url)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  var settings: [String] { ["SLHA:file = \(url.path)", "SLHA:verbose = 0"] }
}

/// A class around a process, so that C code can carry its address. The instance keeps it alive.
private final class HardProcessBox {
  let process: any HardProcess
  init(_ process: any HardProcess) { self.process = process }
}

extension IncomingFlux {
  fileprivate var roomCode: Int32 {
    switch self {
    case .quarkGluon: Int32(CPYTHIA_FLUX_QG)
    case .quarkAntiquark: Int32(CPYTHIA_FLUX_QQBAR)
    }
  }
}

extension ColourFlow {
  fileprivate var roomCode: Int32 {
    switch self {
    case .quarkGluonToTriplet: Int32(CPYTHIA_COLOUR_QG_TO_TRIPLET)
    case .octetToTripletPair: Int32(CPYTHIA_COLOUR_OCTET_TO_PAIR)
    case .singletToTripletPair: Int32(CPYTHIA_COLOUR_SINGLET_TO_PAIR)
    case .singletToUncoloured: Int32(CPYTHIA_COLOUR_NONE)
    }
  }
}

extension HardKinematics {
  fileprivate init(_ plain: CPythiaKinematics) {
    self.init(
      sHat: plain.s_hat, tHat: plain.t_hat, uHat: plain.u_hat, m3: plain.m3, m4: plain.m4, alphaS: plain.alpha_s,
      alphaEM: plain.alpha_em, id1: Int(plain.id1), id2: Int(plain.id2))
  }
}

extension GeneratedEvent {
  fileprivate mutating func fill(from rows: CPythiaEvent) {
    let count = Int(rows.count)
    copy(rows.pdg_id, count, to: &pdgID)
    copy(rows.role, count, to: &status)
    copy(rows.px, count, to: &px)
    copy(rows.py, count, to: &py)
    copy(rows.pz, count, to: &pz)
    copy(rows.energy, count, to: &energy)
    copy(rows.mass, count, to: &mass)
    copy(rows.x, count, to: &x)
    copy(rows.y, count, to: &y)
    copy(rows.z, count, to: &z)
    copy(rows.t, count, to: &t)
    copy(rows.charge, count, to: &charge)
    copy(rows.mother, count, to: &mother)
    weight = rows.weight
    processCode = Int(rows.process_code)
    pTHat = rows.pt_hat
    scale = rows.scale
    alphaS = rows.alpha_s
    showerSum = rows.shower_sum
  }
}

/// Keeps the array's memory from event to event.
private func copy<Value>(_ source: UnsafePointer<Value>?, _ count: Int, to column: inout [Value]) {
  column.removeAll(keepingCapacity: true)
  column.append(contentsOf: UnsafeBufferPointer(start: source, count: count))
}
