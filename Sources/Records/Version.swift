/// The program's version (semantic versioning).
public let searchlightVersion = "0.1.0"
