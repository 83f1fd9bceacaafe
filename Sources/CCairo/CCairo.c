#include "CCairo.h"

#include <cairo-ft.h>
#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>
#include <ft2build.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include FT_FREETYPE_H

#pragma clang diagnostic ignored "-Wc23-extensions"  // #embed
// The fonts are built in, so that a figure has the same layout and the same bytes on every machine.
static const unsigned char regular_font[] = {
#embed "Fonts/SearchlightSans-Regular.ttf"
};
static const unsigned char italic_font[] = {
#embed "Fonts/SearchlightSans-Italic.ttf"
};
static const unsigned char bold_font[] = {
#embed "Fonts/SearchlightSans-Bold.ttf"
};
static const unsigned char symbol_font[] = {
#embed "Fonts/SearchlightSymbols-Regular.ttf"
};

enum { FACE_COUNT = 4, SYMBOLS = 3 };

/// Opened once and kept for the life of the process: Cairo's font caches may refer to them at any time.
static struct {
  FT_Library library;
  FT_Face face[FACE_COUNT];
  cairo_font_face_t *cairo_face[FACE_COUNT];
  int ready;
} fonts;
static pthread_once_t fonts_once = PTHREAD_ONCE_INIT;
/// Guards metric look-ups, which load glyphs into a face. Drawing goes through Cairo, which uses faces of its own.
static pthread_mutex_t metrics_lock = PTHREAD_MUTEX_INITIALIZER;

static FT_Face open_face(const unsigned char *bytes, size_t count) {
  FT_Face face = NULL;
  return FT_New_Memory_Face(fonts.library, bytes, (FT_Long)count, 0, &face) == 0 ? face : NULL;
}

static void open_fonts(void) {
  const unsigned char *bytes[FACE_COUNT] = {regular_font, italic_font, bold_font, symbol_font};
  const size_t counts[FACE_COUNT] = {sizeof regular_font, sizeof italic_font, sizeof bold_font, sizeof symbol_font};
  if (FT_Init_FreeType(&fonts.library) != 0) return;
  for (int i = 0; i < FACE_COUNT; ++i) {
    fonts.face[i] = open_face(bytes[i], counts[i]);
    FT_Face drawn = open_face(bytes[i], counts[i]);
    if (!fonts.face[i] || !drawn) return;
    fonts.cairo_face[i] = cairo_ft_font_face_create_for_ft_face(drawn, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP);
    if (cairo_font_face_status(fonts.cairo_face[i]) != CAIRO_STATUS_SUCCESS) return;
  }
  fonts.ready = 1;
}

static int fonts_ready(void) {
  pthread_once(&fonts_once, open_fonts);
  return fonts.ready;
}

struct ccairo_canvas {
  cairo_t *context;
  cairo_surface_t *surface;
  ccairo_format format;
  uint8_t *bytes;
  size_t count, capacity;
};

static cairo_status_t append(void *closure, const unsigned char *bytes, unsigned int count) {
  ccairo_canvas *canvas = closure;
  if (canvas->count + count > canvas->capacity) {
    size_t capacity = 2 * (canvas->count + count) + 4096;
    uint8_t *grown = realloc(canvas->bytes, capacity);
    if (!grown) return CAIRO_STATUS_NO_MEMORY;
    canvas->bytes = grown;
    canvas->capacity = capacity;
  }
  memcpy(canvas->bytes + canvas->count, bytes, count);
  canvas->count += count;
  return CAIRO_STATUS_SUCCESS;
}

static cairo_surface_t *create_surface(ccairo_canvas *canvas, double width, double height, double scale,
                                       const char *title) {
  cairo_surface_t *surface;
  switch (canvas->format) {
    case CCAIRO_SVG:
      surface = cairo_svg_surface_create_for_stream(append, canvas, width, height);
      cairo_svg_surface_restrict_to_version(surface, CAIRO_SVG_VERSION_1_1);
      return surface;
    case CCAIRO_PDF:
      surface = cairo_pdf_surface_create_for_stream(append, canvas, width, height);
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title);
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Searchlight");
      // A fixed date: without it Cairo writes the clock's, and no two files are the same.
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_MOD_DATE, "2000-01-01T00:00:00Z");
      return surface;
    case CCAIRO_PNG:
      surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(width * scale), (int)ceil(height * scale));
      cairo_surface_set_device_scale(surface, scale, scale);
      return surface;
  }
  return NULL;
}

ccairo_canvas *ccairo_create(ccairo_format format, double width, double height, double scale, const char *title) {
  const double largest = 32767, s = format == CCAIRO_PNG ? scale : 1;
  if (!(width > 0 && height > 0 && s > 0 && width * s <= largest && height * s <= largest)) return NULL;
  if (!fonts_ready()) return NULL;
  ccairo_canvas *canvas = calloc(1, sizeof *canvas);
  if (!canvas) return NULL;
  canvas->format = format;
  canvas->surface = create_surface(canvas, width, height, scale, title);
  canvas->context = cairo_create(canvas->surface);
  if (format == CCAIRO_PNG) {
    cairo_set_source_rgb(canvas->context, 1, 1, 1);
    cairo_paint(canvas->context);
  }
  cairo_font_options_t *options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  cairo_set_font_options(canvas->context, options);
  cairo_font_options_destroy(options);
  cairo_set_line_join(canvas->context, CAIRO_LINE_JOIN_MITER);
  return canvas;
}

void ccairo_destroy(ccairo_canvas *canvas) {
  cairo_destroy(canvas->context);
  // Destroying a surface flushes it into `bytes`, so they go last.
  cairo_surface_destroy(canvas->surface);
  free(canvas->bytes);
  free(canvas);
}

void ccairo_save(ccairo_canvas *canvas) { cairo_save(canvas->context); }
void ccairo_restore(ccairo_canvas *canvas) { cairo_restore(canvas->context); }

void ccairo_clip(ccairo_canvas *canvas, double x, double y, double width, double height) {
  cairo_new_path(canvas->context);
  cairo_rectangle(canvas->context, x, y, width, height);
  cairo_clip(canvas->context);
}

void ccairo_move(ccairo_canvas *canvas, double x, double y) { cairo_move_to(canvas->context, x, y); }
void ccairo_line(ccairo_canvas *canvas, double x, double y) { cairo_line_to(canvas->context, x, y); }
void ccairo_arc(ccairo_canvas *canvas, double x, double y, double radius, double from, double to) {
  cairo_new_sub_path(canvas->context);
  cairo_arc(canvas->context, x, y, radius, from, to);
}
void ccairo_close(ccairo_canvas *canvas) { cairo_close_path(canvas->context); }
void ccairo_new_path(ccairo_canvas *canvas) { cairo_new_path(canvas->context); }

void ccairo_fill(ccairo_canvas *canvas, double red, double green, double blue, double alpha) {
  cairo_set_source_rgba(canvas->context, red, green, blue, alpha);
  cairo_fill_preserve(canvas->context);
}

void ccairo_stroke(ccairo_canvas *canvas, double red, double green, double blue, double alpha, double width,
                   ccairo_cap cap, const double *dashes, int32_t dash_count) {
  static const cairo_line_cap_t caps[] = {CAIRO_LINE_CAP_BUTT, CAIRO_LINE_CAP_ROUND, CAIRO_LINE_CAP_SQUARE};
  cairo_set_source_rgba(canvas->context, red, green, blue, alpha);
  cairo_set_line_width(canvas->context, width);
  cairo_set_line_cap(canvas->context, caps[cap]);
  cairo_set_dash(canvas->context, dashes, dash_count, 0);
  cairo_stroke_preserve(canvas->context);
}

/// Reads one scalar and moves `text` past it; 0 at the end. Malformed bytes read as U+FFFD.
static uint32_t next_scalar(const unsigned char **text) {
  const unsigned char *at = *text;
  uint32_t first = *at;
  if (first == 0) return 0;
  int extra = first < 0x80 ? 0 : first < 0xC0 ? -1 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : first < 0xF8 ? 3 : -1;
  *text = at + 1;
  if (extra < 0) return 0xFFFD;
  uint32_t scalar = extra == 0 ? first : first & (0x3F >> extra);
  for (int i = 1; i <= extra; ++i) {
    if ((at[i] & 0xC0) != 0x80) return 0xFFFD;
    scalar = scalar << 6 | (at[i] & 0x3F);
  }
  *text = at + 1 + extra;
  return scalar;
}

/// A glyph and the face that has it; the symbols stand in for what the text face lacks.
typedef struct {
  int face;
  FT_UInt index;
} glyph_choice;

static glyph_choice choose_glyph(int face, uint32_t scalar) {
  FT_UInt index = FT_Get_Char_Index(fonts.face[face], scalar);
  if (index) return (glyph_choice){face, index};
  FT_UInt symbol = FT_Get_Char_Index(fonts.face[SYMBOLS], scalar);
  return symbol ? (glyph_choice){SYMBOLS, symbol} : (glyph_choice){face, 0};
}

/// Walks the glyphs of a text in pen order. The caller holds `metrics_lock`.
typedef struct {
  const unsigned char *text;
  int face;
  double size, pen;
  glyph_choice last;
} glyph_walk;

static int next_glyph(glyph_walk *walk, glyph_choice *glyph, double *x) {
  uint32_t scalar = next_scalar(&walk->text);
  if (scalar == 0) return 0;
  *glyph = choose_glyph(walk->face, scalar);
  FT_Face face = fonts.face[glyph->face];
  FT_Vector kern = {0, 0};
  if (walk->last.index && walk->last.face == glyph->face)
    FT_Get_Kerning(face, walk->last.index, glyph->index, FT_KERNING_UNSCALED, &kern);
  walk->pen += (double)kern.x * walk->size / face->units_per_EM;
  *x = walk->pen;
  if (FT_Load_Glyph(face, glyph->index, FT_LOAD_NO_SCALE) == 0)
    walk->pen += (double)face->glyph->metrics.horiAdvance * walk->size / face->units_per_EM;
  walk->last = *glyph;
  return 1;
}

int32_t ccairo_measure(ccairo_face face, double size, const char *utf8, ccairo_text_extents *extents) {
  *extents = (ccairo_text_extents){0, 0, 0, 0, 0};
  if (!fonts_ready()) return 1;
  pthread_mutex_lock(&metrics_lock);
  glyph_walk walk = {(const unsigned char *)utf8, face, size, 0, {0, 0}};
  glyph_choice glyph;
  double x;
  int any = 0;
  while (next_glyph(&walk, &glyph, &x)) {
    FT_Face used = fonts.face[glyph.face];
    FT_Glyph_Metrics m = used->glyph->metrics;
    if (m.width == 0 || m.height == 0) continue;
    double unit = size / used->units_per_EM;
    double left = x + m.horiBearingX * unit, right = left + m.width * unit;
    double top = -m.horiBearingY * unit, bottom = top + m.height * unit;
    extents->left = any ? fmin(extents->left, left) : left;
    extents->right = any ? fmax(extents->right, right) : right;
    extents->top = any ? fmin(extents->top, top) : top;
    extents->bottom = any ? fmax(extents->bottom, bottom) : bottom;
    any = 1;
  }
  extents->advance = walk.pen;
  pthread_mutex_unlock(&metrics_lock);
  return 0;
}

int32_t ccairo_has_glyph(ccairo_face face, uint32_t scalar) {
  if (!fonts_ready()) return 0;
  pthread_mutex_lock(&metrics_lock);
  int32_t found = choose_glyph(face, scalar).index != 0;
  pthread_mutex_unlock(&metrics_lock);
  return found;
}

static void show(cairo_t *context, int face, double size, const cairo_glyph_t *glyphs, int count) {
  if (count == 0) return;
  cairo_set_font_face(context, fonts.cairo_face[face]);
  cairo_set_font_size(context, size);
  cairo_show_glyphs(context, glyphs, count);
}

void ccairo_text(ccairo_canvas *canvas, ccairo_face face, double size, double x, double y, double angle, double red,
                 double green, double blue, double alpha, const char *utf8) {
  cairo_t *context = canvas->context;
  cairo_glyph_t *glyphs = malloc((strlen(utf8) + 1) * sizeof *glyphs);
  if (!glyphs) return;
  cairo_save(context);
  cairo_set_source_rgba(context, red, green, blue, alpha);
  cairo_translate(context, x, y);
  if (angle != 0) cairo_rotate(context, angle);
  pthread_mutex_lock(&metrics_lock);
  glyph_walk walk = {(const unsigned char *)utf8, face, size, 0, {0, 0}};
  glyph_choice glyph;
  double pen;
  int count = 0, run_face = face;
  while (next_glyph(&walk, &glyph, &pen)) {
    if (glyph.face != run_face) {
      show(context, run_face, size, glyphs, count);
      count = 0;
      run_face = glyph.face;
    }
    glyphs[count++] = (cairo_glyph_t){glyph.index, pen, 0};
  }
  pthread_mutex_unlock(&metrics_lock);
  show(context, run_face, size, glyphs, count);
  cairo_restore(context);
  free(glyphs);
}

int32_t ccairo_finish(ccairo_canvas *canvas, const uint8_t **data, size_t *count, const char **message) {
  *data = NULL;
  *count = 0;
  *message = NULL;
  cairo_status_t status = cairo_status(canvas->context);
  if (status == CAIRO_STATUS_SUCCESS) {
    if (canvas->format == CCAIRO_PNG) {
      status = cairo_surface_write_to_png_stream(canvas->surface, append, canvas);
    } else {
      cairo_show_page(canvas->context);
      cairo_surface_finish(canvas->surface);
      status = cairo_surface_status(canvas->surface);
    }
  }
  if (status != CAIRO_STATUS_SUCCESS) {
    *message = cairo_status_to_string(status);
    return (int32_t)status;
  }
  *data = canvas->bytes;
  *count = canvas->count;
  return 0;
}

const char *ccairo_version(void) { return cairo_version_string(); }
