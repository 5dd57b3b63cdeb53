/* A librknnrt.so for tests: enough of Rockchip's C interface for its Python package, computing on the CPU.
 *
 * Own declarations; sizes and numbers as rknn-toolkit-lite2 2.5.0 passes them. A model is what
 * tests/backends/rknn/linear.py writes into the compiled part of an .rknn: "EDGF", window, columns, then per
 * column a kind (0: the sum, 1: its sigmoid), a bias and window * 96 weights. Faults are switched by the
 * environment, at every call anew: FAKE_INIT, FAKE_CORE, FAKE_RUN, FAKE_OUT (codes), FAKE_STALE, FAKE_NAN,
 * FAKE_HANG_MS.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EMBEDDING = 96, COLUMNS = 64, WINDOW = 34, HEADER = 64 };
enum { FAIL = -1, PARAM_INVALID = -5, MODEL_INVALID = -6, INPUT_INVALID = -8 };
enum { FLOAT32 = 0, FLOAT16 = 1 };

typedef uint64_t context;
struct io { uint32_t inputs, outputs; };
struct tensor {
    uint32_t index, axes, size[16];
    char name[256];
    uint32_t numbers, bytes;
    int format, type, quantized;
    int8_t fl;
    int32_t zero;
    float scale;
    uint32_t stride, bytes_with_stride;
    uint8_t pass_through;
    uint32_t height_stride;
};
struct versions { char library[256], driver[256]; };
struct input { uint32_t index; void *data; uint32_t bytes; uint8_t pass_through; int type, format; };
struct output { uint8_t want_float, given; uint32_t index; void *data; uint32_t bytes; };

static struct {
    uint32_t window, columns;
    uint32_t kind[COLUMNS];
    float bias[COLUMNS], weight[COLUMNS][WINDOW * EMBEDDING];
    float in[WINDOW * EMBEDDING], out[COLUMNS];
} model;

static int switched(const char *name) {
    const char *value = getenv(name);
    return value ? atoi(value) : 0;
}

/* To the nearest half and back, as the input of an fp16 graph is. */
static float half(float x) {
    int exponent;
    float part = frexpf(x, &exponent);
    if (x == 0 || !isfinite(x)) return x;
    return ldexpf(roundf(ldexpf(part, 11)), exponent - 11);
}

int rknn_init(context *c, void *file, uint32_t bytes, uint32_t flag, void *extend) {
    (void)flag, (void)extend;
    if (switched("FAKE_INIT")) return switched("FAKE_INIT");
    const char *part = (const char *)file + HEADER;
    if (bytes < HEADER + 12 || memcmp(file, "RKNN", 4) || memcmp(part, "EDGF", 4)) return MODEL_INVALID;
    memcpy(&model.window, part + 4, 4);
    memcpy(&model.columns, part + 8, 4);
    if (model.window > WINDOW || model.columns > COLUMNS) return MODEL_INVALID;
    part += 12;
    for (uint32_t k = 0; k < model.columns; k++) {
        size_t weights = model.window * EMBEDDING * sizeof(float);
        memcpy(&model.kind[k], part, 4);
        memcpy(&model.bias[k], part + 4, 4);
        memcpy(model.weight[k], part + 8, weights);
        part += 8 + weights;
    }
    *c = 1;
    return 0;
}

int rknn_init2(context *c, void *file, uint32_t bytes, uint32_t flag, void *extend, void *key, uint32_t size) {
    (void)key, (void)size;
    return rknn_init(c, file, bytes, flag, extend);
}

int rknn_destroy(context c) { return (void)c, 0; }

int rknn_set_core_mask(context c, int mask) { return (void)c, (void)mask, switched("FAKE_CORE"); }

static void describe(struct tensor *t, const char *name, uint32_t axes, const uint32_t *size) {
    uint32_t index = t->index;
    memset(t, 0, sizeof *t);
    t->index = index;
    t->axes = axes;
    t->numbers = 1;
    for (uint32_t i = 0; i < axes; i++) t->numbers *= t->size[i] = size[i];
    strcpy(t->name, name);
    t->bytes = 2 * t->numbers;
    t->format = 3;
    t->type = FLOAT16;
    t->scale = 1;
}

int rknn_query(context c, int what, void *answer, uint32_t bytes) {
    (void)c, (void)bytes;
    uint32_t taken[] = {1, model.window, EMBEDDING}, answered[] = {1, model.columns};
    switch (what) {
    case 0:
        *(struct io *)answer = (struct io){1, 1};
        return 0;
    case 1:
    case 8:
        describe(answer, "feats", 3, taken);
        return 0;
    case 2:
    case 9:
        describe(answer, "scores", 2, answered);
        return 0;
    case 5:
        strcpy(((struct versions *)answer)->library, "2.3.2 (429f97ae6b@2025-04-09T09:09:27)");
        strcpy(((struct versions *)answer)->driver, getenv("FAKE_DRIVER") ? getenv("FAKE_DRIVER") : "0.9.8");
        return 0;
    }
    return PARAM_INVALID;
}

int rknn_inputs_set(context c, uint32_t count, struct input *given) {
    (void)c;
    uint32_t numbers = model.window * EMBEDDING;
    if (count != 1 || given->type != FLOAT32 || given->bytes != numbers * sizeof(float)) return INPUT_INVALID;
    const float *from = given->data;
    for (uint32_t i = 0; i < numbers; i++) model.in[i] = half(from[i]);
    return 0;
}

int rknn_run(context c, void *extend) {
    (void)c, (void)extend;
    if (switched("FAKE_HANG_MS")) usleep(1000 * switched("FAKE_HANG_MS"));
    if (switched("FAKE_RUN")) return switched("FAKE_RUN");
    if (switched("FAKE_STALE")) return 0;
    for (uint32_t k = 0; k < model.columns; k++) {
        double sum = model.bias[k];
        for (uint32_t i = 0; i < model.window * EMBEDDING; i++) sum += (double)model.weight[k][i] * model.in[i];
        model.out[k] = half(model.kind[k] ? 1 / (1 + exp(-sum)) : sum);
    }
    return 0;
}

int rknn_outputs_get(context c, uint32_t count, struct output *wanted, void *extend) {
    (void)c, (void)count, (void)extend;
    uint32_t bytes = model.columns * sizeof(float);
    if (switched("FAKE_OUT")) return switched("FAKE_OUT");
    if (!wanted->given) {
        wanted->data = malloc(bytes);
        wanted->bytes = bytes;
    }
    memcpy(wanted->data, model.out, bytes);
    if (switched("FAKE_NAN")) ((float *)wanted->data)[0] = NAN;
    return 0;
}

int rknn_outputs_release(context c, uint32_t count, struct output *held) {
    (void)c, (void)count;
    if (!held->given) free(held->data);
    return 0;
}

int rknn_set_input_shapes(context c, uint32_t count, void *shapes) { return (void)c, (void)count, (void)shapes, 0; }

int rknn_get_type(void) { return 0; }
