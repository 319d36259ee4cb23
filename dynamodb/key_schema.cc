#include "dynamodb/key_schema.h"

namespace ddbsync::dynamodb {
namespace {

std::string ToString(const KeyAttribute& attribute) {
  return attribute.name + " (" + TypeTag(attribute.type) + ")";
}

}  // namespace

char TypeTag(KeyType type) {
  switch (type) {
    case KeyType::kString:
      return 'S';
    case KeyType::kNumber:
      return 'N';
    case KeyType::kBinary:
      return 'B';
  }
  return '?';
}

std::string ToString(const KeySchema& schema) {
  std::string text = ToString(schema.partition);
  if (schema.sort) text += ", " + ToString(*schema.sort);
  return text;
}

}  // namespace ddbsync::dynamodb
