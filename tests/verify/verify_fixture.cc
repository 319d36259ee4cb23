#include "tests/verify/verify_fixture.h"

namespace ddbsync::verify {

VerifyFixture::VerifyFixture() : VerifyFixture(fake::Options{}) {}

VerifyFixture::VerifyFixture(fake::Options options) : EngineFixture(std::move(options)) {
  CreateTable("src", "NEW_AND_OLD_IMAGES");
  CreateTable("dst", "");
}

VerifyFixture::~VerifyFixture() {
  CrashVerification();
}

void VerifyFixture::Fill(int count) {
  for (int i = 0; i < count; ++i) {
    Put("src", "item " + std::to_string(i), i);
    Put("dst", "item " + std::to_string(i), i);
  }
}

Verification::Parts VerifyFixture::MakeParts() {
  Connect();
  if (verify_store_ == nullptr) {
    auto store = checkpoint::OpenLevelDbStore(directory_ + "/verification", true, nullptr);
    EXPECT_TRUE(store) << ToString(store.error());
    verify_store_ = *std::move(store);
  }
  return {.executor = *executor_,
          .source = MakeSide("source src", "src"),
          .target = MakeSide("target dst", "dst"),
          .store = verify_store_,
          .copy = job_ == nullptr ? nullptr : &job_->live_copy(),
          .read_capacity = std::nullopt,
          .clock = clock_};
}

void VerifyFixture::Begin(Options options) {
  auto opened = Verification::Open(options, MakeParts());
  ASSERT_TRUE(opened) << ToString(opened.error().front());
  verification_ = *std::move(opened);
  ASSERT_TRUE(verification_->Start());
}

std::vector<Error> VerifyFixture::BeginFaults(Options options) {
  auto opened = Verification::Open(options, MakeParts());
  return opened ? std::vector<Error>{} : opened.error();
}

verify::Status VerifyFixture::Verify(Options options) {
  Begin(options);
  return WaitForEnd();
}

verify::Status VerifyFixture::WaitForEnd() {
  EXPECT_TRUE(Eventually([&] { return verification_->ended(); }, std::chrono::seconds(60)));
  return verification_->GetStatus();
}

void VerifyFixture::CrashVerification() {
  Crash();
  verification_.reset();
  verify_store_.reset();
}

std::vector<std::string> VerifyFixture::Keys(DifferenceKind kind) {
  std::vector<std::string> keys;
  for (const Difference& difference : verification_->List(1000, Duration::zero())) {
    if (difference.kind == kind) keys.push_back(difference.key_json);
  }
  return keys;
}

}  // namespace ddbsync::verify
