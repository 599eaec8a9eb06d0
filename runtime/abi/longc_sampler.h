/* What the kernel that chooses tokens on a device shares with the runtime. Plain C without an include: it stands before its text. */
#ifndef LONGC_SAMPLER_H
#define LONGC_SAMPLER_H

/* A block a row: logits f32 [rows, V], choices (longc_choice) [rows], then, which it writes, tokens i32 [rows] and outcomes i32 [rows];
   int: numbers that each row has drawn since its choice was given. A token is 0 and its outcome negative where none can be chosen. */
#define LONGC_SAMPLER "sample_tokens"

#define LONGC_SAMPLER_THREADS 512

/* Outcomes: every logit is minus infinity; and that of token T is not a number: LONGC_SAMPLER_NAN - T. */
#define LONGC_SAMPLER_NOTHING (-1)
#define LONGC_SAMPLER_NAN (-2)

/* Largest vocabulary: sums of weights stay below 2^64. */
#define LONGC_SAMPLER_TOKENS (1 << 19)

/* How a row's token is chosen: SamplerOptions of runtime/text/Sampler.h without a penalty. */
typedef struct longc_choice {
  unsigned long long seed, draws; /* of the stream; numbers of it that are drawn already */
  float temperature, top_p, min_p;
  int top_k;
} longc_choice;

#endif /* LONGC_SAMPLER_H */
