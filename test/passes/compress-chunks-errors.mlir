// RUN: longc-opt %s --split-input-file --longc-compress-chunks='width=12 pool=pma' --verify-diagnostics

// expected-error @below {{expected pool mean, cls or last, got 'pma'}}
module {}
