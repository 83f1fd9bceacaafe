/// The room over Cairo and FreeType: vector pages in memory as SVG, PDF or PNG.
///
/// Lengths are points (1/72 inch), y grows downwards, angles are radians (positive turns clockwise on the page).
/// A canvas belongs to one thread at a time; canvases of several threads are independent (the faces they share
/// are locked by Cairo). Cairo's errors are sticky: drawing after one does nothing, and `finish` reports it.
#ifndef SEARCHLIGHT_CCAIRO_H
#define SEARCHLIGHT_CCAIRO_H
#include <stddef.h>
#include <stdint.h>
#pragma clang assume_nonnull begin
#ifdef __cplusplus
extern "C" {
#endif

typedef struct ccairo_canvas ccairo_canvas;

typedef enum { CCAIRO_SVG = 0, CCAIRO_PDF = 1, CCAIRO_PNG = 2 } ccairo_format;
typedef enum { CCAIRO_REGULAR = 0, CCAIRO_ITALIC = 1, CCAIRO_BOLD = 2 } ccairo_face;
typedef enum { CCAIRO_CAP_BUTT = 0, CCAIRO_CAP_ROUND = 1, CCAIRO_CAP_SQUARE = 2 } ccairo_cap;

/// Extents of a line of text set from (0, 0): the pen's advance and the box of the ink (y downwards).
typedef struct {
  double advance, left, top, right, bottom;
} ccairo_text_extents;

/// Makes a canvas of `width` × `height` points. `scale` is the number of pixels a point of a PNG, unused otherwise.
/// `title` goes into the metadata of a PDF. Null when out of memory or when a side is not in (0, 32767] pixels.
ccairo_canvas *_Nullable ccairo_create(ccairo_format format, double width, double height, double scale,
                                       const char *title);
void ccairo_destroy(ccairo_canvas *canvas);

void ccairo_save(ccairo_canvas *canvas);
void ccairo_restore(ccairo_canvas *canvas);
/// Intersects the clip with a rectangle, until the matching `ccairo_restore`.
void ccairo_clip(ccairo_canvas *canvas, double x, double y, double width, double height);

void ccairo_move(ccairo_canvas *canvas, double x, double y);
void ccairo_line(ccairo_canvas *canvas, double x, double y);
void ccairo_arc(ccairo_canvas *canvas, double x, double y, double radius, double from, double to);
void ccairo_close(ccairo_canvas *canvas);
/// Both keep the path; `ccairo_new_path` drops it.
void ccairo_fill(ccairo_canvas *canvas, double red, double green, double blue, double alpha);
void ccairo_stroke(ccairo_canvas *canvas, double red, double green, double blue, double alpha, double width,
                   ccairo_cap cap, const double *_Nullable dashes, int32_t dash_count);
void ccairo_new_path(ccairo_canvas *canvas);

/// Sets kerned UTF-8 text with its baseline starting at (x, y), turned by `angle` about that point.
void ccairo_text(ccairo_canvas *canvas, ccairo_face face, double size, double x, double y, double angle,
                 double red, double green, double blue, double alpha, const char *utf8);

/// Measures text without a canvas. Metrics are unhinted, so they scale exactly with `size`.
/// 0 on success, 1 when the built-in fonts cannot be opened.
int32_t ccairo_measure(ccairo_face face, double size, const char *utf8, ccairo_text_extents *extents);

/// 1 when the built-in fonts have a glyph for a Unicode scalar.
int32_t ccairo_has_glyph(ccairo_face face, uint32_t scalar);

/// Ends the page. On success (0) `data` and `count` are the file's bytes, which live until `ccairo_destroy`;
/// else `message` says what Cairo found.
int32_t ccairo_finish(ccairo_canvas *canvas, const uint8_t *_Nullable *_Nonnull data, size_t *count,
                      const char *_Nullable *_Nonnull message);

/// Cairo's version, as "1.16.0".
const char *ccairo_version(void);

#ifdef __cplusplus
}
#endif
#pragma clang assume_nonnull end
#endif
