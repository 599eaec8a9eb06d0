/* The contract between compiled kernels and the runtime: plain C, versioned. Includes standard headers only. */
#ifndef LONGC_ABI_H
#define LONGC_ABI_H

#include "runtime/abi/longc_optimizer.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LONGC_ABI_VERSION 1

/* Memory a kernel sees. Sizes and strides count elements; unused dimensions have size 1 and stride 0. A weight in
   panel layout (runtime/io/Panels.h) has the sizes of its matrix; its strides are not used. */
typedef struct longc_view {
  void *data;
  int64_t size[4];
  int64_t stride[4];
} longc_view;

/* Runs blocks [begin, end) of a launch grid (last grid index fastest).
   scalars: the grid's sizes, then the kernel's scalar arguments (f32 as its bits in the low half).
   scratch: private to the calling thread, 64-byte aligned, of the entry's scratch_bytes. */
typedef void (*longc_kernel_fn)(const longc_view *views, const int64_t *scalars, int64_t begin, int64_t end,
                                void *scratch);

/* The layout of the Program message; a runtime reads its own alone. */
#define LONGC_PROGRAM_VERSION 5u

/* The most scratch a kernel may ask for: far above any tile, far below a corrupt number. */
#define LONGC_MAX_SCRATCH_BYTES (INT64_C(64) << 20)

typedef struct longc_kernel_entry {
  const char *name;    /* kernel name as in the Program message */
  const char *variant; /* CPU variant, a name of codegen/cpu */
  longc_kernel_fn function;
  int64_t scratch_bytes;
} longc_kernel_entry;

/* Device code carried by the program, by target. */
typedef struct longc_image_entry {
  const char *kernel;
  const char *target; /* target that the image is for */
  const void *data;
  uint64_t size;
} longc_image_entry;

typedef struct longc_program_table {
  uint32_t abi_version;
  uint32_t kernel_count;
  const longc_kernel_entry *kernels;
  uint32_t image_count;
  uint32_t reserved;
  const longc_image_entry *images;
} longc_program_table;

/* Defined by the object that the compiler links into every program. */
extern const longc_program_table longc_program;

/* Last bytes of a program file. Offsets count from the file's start; the weights begin on a page. */
#define LONGC_FOOTER_MAGIC "LONGCPG1"
typedef struct longc_footer {
  uint64_t program_offset, program_size; /* serialised longc.abi.Program */
  uint64_t weights_offset, weights_size;
  uint64_t program_hash, weights_hash; /* XXH3-64 */
  uint64_t file_size;
  uint32_t abi_version, reserved;
  char magic[8];
} longc_footer;

#ifdef __cplusplus
}
#endif
#endif /* LONGC_ABI_H */
