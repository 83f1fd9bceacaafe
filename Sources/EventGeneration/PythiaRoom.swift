internal import CPythia
import Records
import Synchronization

/// The loaded room over Pythia 8.
///
/// Pythia's instances share nothing that changes after the program started, so instances may be made, initialised and
/// run in different threads at once; the XML folder is fixed by the first `prepare`.
struct PythiaRoom: @unchecked Sendable {
  // Sendable: the table is constant and lives as long as the process.
  let functions: UnsafePointer<CPythiaTable>

  private static let loaded = Mutex<PythiaRoom?>(nil)

  static let loader = RoomLoader(
    room: "CPythia", remedy: "'./searchlight generate CARD' or './test' builds it, as does 'make -C Rooms CPythia'")

  /// Loads the library at the first call.
  static func shared() throws -> PythiaRoom {
    try loaded.withLock { room in
      if let room { return room }
      let table = try loader.load(abi: CPYTHIA_ABI, size: MemoryLayout<CPythiaTable>.size)
      let made = PythiaRoom(functions: table.assumingMemoryBound(to: CPythiaTable.self))
      guard made.functions.pointee.prepare(nil) == 0 else {
        throw RecordError.roomUnavailable(
          room: "CPythia", tried: loader.candidates, reason: made.threadError, remedy: loader.remedy)
      }
      room = made
      return made
    }
  }

  var threadError: String { String(cString: functions.pointee.thread_error()) }
}

/// What the program knows of the generator without generating.
public enum Generator {
  /// Whether the room's library is installed.
  public static var isAvailable: Bool { PythiaRoom.loader.isInstalled }

  /// Pythia's version: `8.318`.
  public static func version() throws -> String {
    String(cString: try PythiaRoom.shared().functions.pointee.version())
  }
}
