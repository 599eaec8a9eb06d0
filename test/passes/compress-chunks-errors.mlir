// RUN: longc-opt %s --split-input-file --longc-compress-chunks='width=12 pool=max' --verify-diagnostics

// expected-error @below {{expected pool mean, cls, last or pma, got 'max'}}
module {}
