/// A C++ type name, taken apart: `vector<map<int,string>*>`.
struct CppTypeName: Hashable, Sendable {
  var name: String
  var arguments: [CppTypeName]
  var isPointer: Bool

  /// `nil` if the brackets do not match or it nests deeper than any sane type.
  init?(_ text: String) {
    var rest = Substring(text)
    guard let parsed = Self.parse(&rest, depth: 0), rest.allSatisfy(\.isWhitespace) else { return nil }
    self = parsed
  }

  private init(name: String, arguments: [CppTypeName], isPointer: Bool) {
    self.name = name
    self.arguments = arguments
    self.isPointer = isPointer
  }

  private static func parse(_ text: inout Substring, depth: Int) -> CppTypeName? {
    guard depth < 20 else { return nil }
    let stops: Set<Character> = ["<", ">", ",", "*", "&"]
    var name = text.prefix { !stops.contains($0) }
    text.removeFirst(name.count)
    name = name.drop { $0.isWhitespace }
    while name.last?.isWhitespace == true { name.removeLast() }
    for prefix in ["const ", "std::", "struct ", "class ", "enum "] where name.hasPrefix(prefix) {
      name.removeFirst(prefix.count)
    }
    guard !name.isEmpty else { return nil }
    var arguments = [CppTypeName]()
    if text.first == "<" {
      text.removeFirst()
      while true {
        guard let argument = parse(&text, depth: depth + 1) else { return nil }
        arguments.append(argument)
        text = text.drop { $0.isWhitespace }
        guard let stop = text.popFirst() else { return nil }
        if stop == ">" { break }
        guard stop == "," else { return nil }
      }
      text = text.drop { $0.isWhitespace }
    }
    var isPointer = false
    while let mark = text.first, mark == "*" || mark == "&" || mark.isWhitespace {
      isPointer = isPointer || mark == "*"
      text.removeFirst()
    }
    return CppTypeName(name: String(name), arguments: arguments, isPointer: isPointer)
  }

  /// The name as C++ writes it, without `std::`.
  var text: String {
    let inner = arguments.isEmpty ? "" : "<\(arguments.map(\.text).joined(separator: ","))>"
    return name + inner + (isPointer ? "*" : "")
  }

  /// The coding of a basic type, by any of its names.
  var number: NumberCoding? {
    guard arguments.isEmpty, !isPointer else { return nil }
    switch name {
    case "bool", "Bool_t": return .plain(.bool)
    case "char", "signed char", "Char_t", "int8_t": return .plain(.int8)
    case "unsigned char", "UChar_t", "uint8_t", "byte", "Byte_t": return .plain(.uint8)
    case "short", "Short_t", "int16_t", "short int": return .plain(.int16)
    case "unsigned short", "UShort_t", "uint16_t": return .plain(.uint16)
    case "int", "Int_t", "int32_t", "signed int": return .plain(.int32)
    case "unsigned int", "unsigned", "UInt_t", "uint32_t": return .plain(.uint32)
    case "long", "Long_t", "Long64_t", "long long", "int64_t": return .plain(.int64)
    case "unsigned long", "ULong_t", "ULong64_t", "unsigned long long", "uint64_t", "size_t": return .plain(.uint64)
    case "float", "Float_t": return .plain(.float32)
    case "double", "Double_t": return .plain(.float64)
    case "Double32_t": return .double32("")
    case "Float16_t": return .float16("")
    default: return nil
    }
  }
}
