public import Figures

/// A figure with its name and its caption.
public struct ReportFigure: Hashable, Sendable {
  /// What its file is called, without the ending.
  public var name: String
  /// All that a reader needs beside the picture.
  public var caption: String
  public var figure: Figure

  public init(name: String, caption: String, figure: Figure) {
    self.name = name
    self.caption = caption
    self.figure = figure
  }
}

/// A name as it is, where rich text would take its underscores for subscripts.
func literal(_ name: String) -> String {
  String(name.flatMap { "_^*\\{}".contains($0) ? ["\\", $0] : [$0] })
}

/// The width in points of the longest label of an axis of categories.
func widestLabel(_ labels: [String]) -> Double { labels.map { TextLayout($0, size: 9).advance }.max() ?? 0 }

/// Long names lose their middle, which repeats most.
func shortened(_ name: String, to length: Int = 40) -> String {
  guard name.count > length else { return name }
  return name.prefix(length / 2) + "…" + name.suffix(length - 1 - length / 2)
}
