import Columns

/// How a text file with columns is read. Each as *(type, default)*: meaning.
public struct TextTableOptions: Hashable, Sendable {
  /// What stands between two fields.
  public enum Delimiter: String, Hashable, Codable, Sendable, CaseIterable {
    case comma, tab, semicolon
    /// Any number of blanks and tabs.
    case blanks

    var byte: UInt8 {
      switch self {
      case .comma: UInt8(ascii: ",")
      case .tab: UInt8(ascii: "\t")
      case .semicolon: UInt8(ascii: ";")
      case .blanks: UInt8(ascii: " ")
      }
    }
  }

  /// Whether the first row names the columns.
  public enum Header: String, Hashable, Codable, Sendable, CaseIterable {
    /// It does if one of its fields is neither number nor missing.
    case detected
    case present, absent
  }

  /// What the columns hold.
  public enum Types: Hashable, Sendable {
    /// int64 where all fields are whole numbers, bool where all are true or false, float64 where they are numbers or missing;
    /// other columns are texts, which tables do not hold. The file is read once for it.
    case inferred
    /// All columns are of one type; a field that is not is an error.
    case all(ColumnType)
  }

  /// *(delimiter, that of tab, comma, semicolon and blanks which the first row has most)*.
  public var delimiter: Delimiter?
  /// *(header, detected)*.
  public var header = Header.detected
  /// *(names, those of the header, else `column0`, `column1`, …)*: as many as there are columns.
  public var names: [String]?
  /// *(character, #)*: rows that begin with it are left out; `nil` for none.
  public var comment: UInt8? = UInt8(ascii: "#")
  /// *(words, as here)*: what stands for a value that is missing, which is read as NaN.
  public var missing: Set<String> = ["", "NA", "N/A", "n/a", "na", "<NA>", "null", "NULL", "None", "?"]
  /// *(types, inferred)*.
  public var types = Types.inferred
  /// *(boolean, true)*: columns `Jet_pt[0]`, `Jet_pt[1]`, … are one jagged column `Jet_pt`, whose rows end where fields are empty; not
  /// where another column of numbers is named `Jet_pt`.
  public var joinsIndexedColumns = true

  public init() {}
}
