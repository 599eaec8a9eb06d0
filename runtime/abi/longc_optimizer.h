/* What the optimizer's kernels on a device share with the runtime. Plain C without an include: it stands before their text. */
#ifndef LONGC_OPTIMIZER_H
#define LONGC_OPTIMIZER_H

/* Kernels that a program which trains carries for a device with memory of its own; behind the views stand their scalars. */
#define LONGC_OPTIMIZER_ADD "optimizer_add"         /* pieces, gradients; int: whether these are the first */
#define LONGC_OPTIMIZER_SQUARES "optimizer_squares" /* gradients, sums (f64, one a LONGC_NORM_FLOATS) */
#define LONGC_OPTIMIZER_UPDATE "optimizer_update"   /* pieces, values, first moments, second moments, gradients; eight f32 */

/* Threads of a block. */
#define LONGC_OPTIMIZER_THREADS 256

/* Numbers of one sum of squares, and the most of one piece. */
#define LONGC_NORM_FLOATS 16384
#define LONGC_PIECE_FLOATS 4096

/* A part of one parameter, as the optimizer's kernels see it. */
typedef struct longc_piece {
  const float *gradient; /* of the last call; null: zeros */
  void *read;            /* where kernels read its values, rounded */
  long long first;       /* its place in the arrays */
  int count;
  unsigned short decays, is_bf16;
} longc_piece;

#endif /* LONGC_OPTIMIZER_H */
