public import Figures
import Foundation

/// A report as one HTML file that needs no other: sections with paragraphs, tables, pictures and records.
public struct HTMLReport: Sendable {
  public struct Section: Sendable {
    public var title: String
    public var blocks: [Block]

    public init(_ title: String, _ blocks: [Block]) {
      self.title = title
      self.blocks = blocks
    }
  }

  public enum Block: Sendable {
    /// Plain text.
    case paragraph(String)
    case table(Table)
    case figure(Figure, caption: String)
    /// Text as it stands, folded away under a title.
    case record(title: String, text: String)
  }

  /// A table of plain texts; all columns but the first are aligned to the right.
  public struct Table: Sendable {
    public var caption: String
    public var header: [String]
    public var rows: [[String]]

    public init(caption: String = "", header: [String], rows: [[String]]) {
      self.caption = caption
      self.header = header
      self.rows = rows
    }
  }

  public var title: String
  public var sections: [Section]

  public init(title: String, sections: [Section]) {
    self.title = title
    self.sections = sections
  }

  /// The page.
  /// - Throws: `FigureError` for a picture that cannot be drawn.
  public func html() throws -> String {
    var body = "<h1>\(escape(title))</h1>\n<nav><ol>\n"
    for (index, section) in sections.enumerated() {
      body += "<li><a href=\"#s\(index + 1)\">\(escape(section.title))</a></li>\n"
    }
    body += "</ol></nav>\n"
    var figureCount = 0
    for (index, section) in sections.enumerated() {
      body += "<section id=\"s\(index + 1)\">\n<h2>\(escape(section.title))</h2>\n"
      for block in section.blocks { body += try render(block, &figureCount) }
      body += "</section>\n"
    }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(escape(title))</title>
      <style>\(Self.style)</style>
      </head>
      <body>
      <main>
      \(body)</main>
      </body>
      </html>

      """
  }

  private func render(_ block: Block, _ figureCount: inout Int) throws -> String {
    switch block {
    case .paragraph(let text): return "<p>\(escape(text))</p>\n"
    case .table(let table): return render(table)
    case .record(let title, let text):
      return "<details><summary>\(escape(title))</summary><pre>\(escape(text))</pre></details>\n"
    case .figure(let figure, let caption):
      figureCount += 1
      let svg = String(decoding: try figure.render(as: .svg), as: UTF8.self)
      return "<figure>\n\(unique(svg, prefix: "f\(figureCount)-"))\n"
        + "<figcaption><b>Figure \(figureCount).</b> \(escape(caption))</figcaption>\n</figure>\n"
    }
  }

  private func render(_ table: Table) -> String {
    var html = "<div class=\"scroll\"><table>\n"
    if !table.caption.isEmpty { html += "<caption>\(escape(table.caption))</caption>\n" }
    html += "<thead><tr>" + table.header.map { "<th>\(escape($0))</th>" }.joined() + "</tr></thead>\n<tbody>\n"
    for row in table.rows { html += "<tr>" + row.map { "<td>\(escape($0))</td>" }.joined() + "</tr>\n" }
    return html + "</tbody></table></div>\n"
  }

  /// Cairo numbers glyphs and clips alike in every SVG: in one page each picture's need a prefix of its own.
  private func unique(_ svg: String, prefix: String) -> String {
    let start = svg.range(of: "<svg")?.lowerBound ?? svg.startIndex
    return String(svg[start...])
      .replacing(" id=\"", with: " id=\"\(prefix)")
      .replacing("href=\"#", with: "href=\"#\(prefix)")
      .replacing("url(#", with: "url(#\(prefix)")
  }

  private func escape(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing(
      "\"", with: "&quot;")
  }

  private static let style = """
    body { font: 16px/1.5 Georgia, 'Times New Roman', serif; color: #1b1b1b; background: #fff; margin: 0 }
    main { max-width: 76rem; margin: 0 auto; padding: 2rem 1.25rem 4rem }
    h1, h2, nav, table, figcaption, summary { font-family: system-ui, 'Helvetica Neue', Arial, sans-serif }
    h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 1rem } h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; border-bottom: 1px solid #bbb }
    nav { font-size: .9rem; color: #444 } a { color: #0b5394 }
    .scroll { overflow-x: auto } table { border-collapse: collapse; font-size: .8rem; margin: 1rem 0; font-variant-numeric: tabular-nums }
    caption { text-align: left; padding: .25rem 0; color: #333 } th, td { padding: .25rem .6rem; text-align: right; white-space: nowrap }
    th { border-bottom: 1px solid #444; font-weight: 600 } th:first-child, td:first-child { text-align: left } tbody tr:nth-child(even) { background: #f5f5f5 }
    figure { margin: 1.5rem 0; text-align: center } figure svg { max-width: 100%; height: auto } figcaption { font-size: .85rem; color: #333; text-align: left }
    pre { font-size: .75rem; overflow-x: auto; background: #f5f5f5; padding: .75rem }
    @media print { nav { display: none } section { break-inside: avoid } }
    """
}
