// The choice of a variant: a table of features and vendor, forced names, refusals.
#include "runtime/device/CpuFeatures.h"

#include <gtest/gtest.h>

namespace longc {
namespace {

const std::vector<std::string> all = {"avx2", "avx512", "avx512_bf16", "amx"};

CpuFeatures machine(const char *vendor, int level) {
  CpuFeatures features;
  features.vendor = vendor;
  features.avx2 = level >= 1;
  features.avx512 = level >= 2;
  features.avx512Vnni = features.avx512Bf16 = level >= 3;
  features.amx = level >= 4;
  return features;
}

TEST(CpuFeatures, TheTableOfTheTwoVendors) {
  EXPECT_EQ(*chooseVariant(machine("AuthenticAMD", 3), all, ""), "avx512_bf16");
  EXPECT_EQ(*chooseVariant(machine("GenuineIntel", 3), all, ""), "avx512"); // its bf16 dot product is slow
  EXPECT_EQ(*chooseVariant(machine("GenuineIntel", 4), all, ""), "amx");
  for (const char *vendor : {"AuthenticAMD", "GenuineIntel", "Other"}) {
    EXPECT_EQ(*chooseVariant(machine(vendor, 2), all, ""), "avx512");
    EXPECT_EQ(*chooseVariant(machine(vendor, 1), all, ""), "avx2");
    EXPECT_EQ(chooseVariant(machine(vendor, 0), all, "").status().code(), 5102);
  }
}

TEST(CpuFeatures, OnlyWhatTheProgramCarriesIsChosen) {
  EXPECT_EQ(*chooseVariant(machine("GenuineIntel", 4), {"avx2", "avx512_bf16"}, ""), "avx512_bf16");
  EXPECT_EQ(chooseVariant(machine("GenuineIntel", 1), {"amx"}, "").status().code(), 5102);
  EXPECT_EQ(chooseVariant(machine("GenuineIntel", 4), {}, "").status().code(), 5102);
}

TEST(CpuFeatures, AForcedVariantMustExistAndRunHere) {
  EXPECT_EQ(*chooseVariant(machine("GenuineIntel", 4), all, "avx2"), "avx2");
  EXPECT_EQ(chooseVariant(machine("GenuineIntel", 4), all, "neon").status().code(), 1011);
  EXPECT_EQ(chooseVariant(machine("GenuineIntel", 4), {"avx2"}, "amx").status().code(), 1011);
  EXPECT_EQ(chooseVariant(machine("AuthenticAMD", 3), all, "amx").status().code(), 5101);
}

TEST(CpuFeatures, DetectionNamesThisProcessor) {
  CpuFeatures features = CpuFeatures::detect();
  EXPECT_EQ(features.vendor.size(), 12u);
  EXPECT_FALSE(features.brand.empty());
  EXPECT_TRUE(!features.avx512 || features.avx2);
  EXPECT_FALSE(features.describe().empty());
}

} // namespace
} // namespace longc
