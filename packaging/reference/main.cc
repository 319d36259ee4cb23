// Writes the manual pages and the completions while ddbsync is built, from what its --help says.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "cli/command_line.h"
#include "packaging/reference/completions.h"
#include "packaging/reference/manual.h"

namespace {

bool Write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) std::fprintf(stderr, "cannot write %s\n", path.c_str());
  return static_cast<bool>(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: reference FOLDER VERSION DATE\n");
    return 2;
  }
  try {
    const std::filesystem::path folder = argv[1];
    const ddbsync::cli::ProgramHelp program = ddbsync::cli::DescribeProgram();
    bool written = true;
    for (const auto& [name, page] : ddbsync::packaging::ManualPages(program, argv[2], argv[3])) {
      written &= Write(folder / "man1" / name, page);
    }
    written &= Write(folder / "bash" / "ddbsync", ddbsync::packaging::BashCompletion(program));
    written &= Write(folder / "zsh" / "_ddbsync", ddbsync::packaging::ZshCompletion(program));
    written &= Write(folder / "fish" / "ddbsync.fish", ddbsync::packaging::FishCompletion(program));
    return written ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "reference: %s\n", error.what());
    return 1;
  }
}
