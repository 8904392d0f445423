#include "policy/phrase.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

#include "policy/words.h"

namespace candour::policy {
namespace {

constexpr int kDepthMax = 12;
constexpr std::size_t kStepsMax = 4096;
constexpr std::size_t kGapMax = 12;

struct Node {
  enum class Kind { item, not_item, any, sequence, choice, repeat, sentence_start, sentence_end };
  Kind kind = Kind::sequence;
  TagSet tags;              // item, not_item
  std::string literal;      // item: the word it was written as, empty when it was a tag
  std::vector<Node> inner;  // sequence, choice, repeat
  std::size_t least = 1;    // repeat: 0 or 1
  std::size_t most = 1;     // repeat: 1, or 0 for any number; any: how many
};

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '|';
}

// Reads a phrase's source into nodes.
class Parser {
 public:
  Parser(const PatternLists& lists, Lexicon& lexicon, std::vector<std::string>& named)
      : lists_(lists), lexicon_(lexicon), named_(named) {}

  Result<Node> parse(std::string_view source, int depth) {
    if (depth > kDepthMax) return invalid("lists that name each other in a circle");
    const std::string_view outer = std::exchange(rest_, source);
    CANDOUR_TRY(Node node, choice(depth));
    skip_spaces();
    if (!rest_.empty()) return invalid("a ')' without its '('");
    rest_ = outer;
    return node;
  }

 private:
  static Error invalid(const std::string& what) { return error(ErrorCode::policy_invalid, what); }
  void skip_spaces() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  Result<Node> choice(int depth) {
    Node out;
    out.kind = Node::Kind::choice;
    do {
      CANDOUR_TRY(Node one, sequence(depth));
      out.inner.push_back(std::move(one));
    } while (take('|'));
    if (out.inner.size() == 1) {
      Node only = std::move(out.inner.front());
      return only;
    }
    return out;
  }

  Result<Node> sequence(int depth) {
    Node out;
    for (skip_spaces(); !rest_.empty() && rest_.front() != '|' && rest_.front() != ')';
         skip_spaces()) {
      CANDOUR_TRY(Node one, atom(depth));
      out.inner.push_back(repeated(std::move(one)));
    }
    if (out.inner.empty()) return invalid("an alternative of no words");
    CANDOUR_TRY(out.inner, joined(std::move(out.inner)));
    return out;
  }

  // Words that are written side by side become one entry of the lexicon, so that a phrase is looked
  // at for "in the dark" only where these words stand together, not wherever "in" does.
  Result<std::vector<Node>> joined(std::vector<Node> nodes) {
    std::vector<Node> out;
    std::size_t words = 0;  // of the last node of `out`, when it is literal
    for (Node& node : nodes) {
      const bool literal = !node.literal.empty();
      if (!literal || words == 0 || words == Lexicon::kEntryWordsMax) {
        words = literal ? 1 : 0;
        out.push_back(std::move(node));
        continue;
      }
      // An ending ("'s") stands at its word, as it does in a text.
      Node& last = out.back();
      last.literal += (node.literal.front() == '\'' ? "" : " ") + node.literal;
      CANDOUR_TRY(last.tags, literal_tag(last.literal));
      ++words;
    }
    return out;
  }

  Result<TagSet> literal_tag(const std::string& words) {
    CANDOUR_TRY(const Tag tag, lexicon_.tag("=" + words));
    CANDOUR_TRY(lexicon_.add(words, tag));
    TagSet out;
    out.add(tag);
    return out;
  }

  Node repeated(Node one) {
    const bool optional = take('?');
    const bool any_number = !optional && take('*');
    const bool some = !optional && !any_number && take('+');
    if (!optional && !any_number && !some) return one;
    Node out;
    out.kind = Node::Kind::repeat;
    out.least = some ? 1 : 0;
    out.most = optional ? 1 : 0;
    out.inner.push_back(std::move(one));
    return out;
  }

  Result<Node> atom(int depth) {
    if (take('(')) {
      CANDOUR_TRY(Node inner, choice(depth));
      if (!take(')')) return invalid("a '(' without its ')'");
      return inner;
    }
    Node out;
    if (take('^')) {
      out.kind = Node::Kind::sentence_start;
      return out;
    }
    if (take('$')) {
      out.kind = Node::Kind::sentence_end;
      return out;
    }
    if (take('{')) return list(depth);
    if (take('!')) {
      if (!take('<')) return invalid("a '!' that is not before '<'");
      out.kind = Node::Kind::not_item;
      CANDOUR_TRY(out.tags, names());
      return out;
    }
    if (take('<')) {
      out.kind = Node::Kind::item;
      CANDOUR_TRY(out.tags, names());
      return out;
    }
    if (rest_.starts_with("..")) return gap();
    return literal();
  }

  Result<TagSet> names() {
    const std::size_t close = rest_.find('>');
    const std::string_view all = rest_.substr(0, close);
    if (close == std::string_view::npos || all.empty() ||
        !std::all_of(all.begin(), all.end(), is_name_char)) {
      return invalid("a '<' without tag names and '>'");
    }
    rest_.remove_prefix(close + 1);
    TagSet out;
    for (std::size_t from = 0; from <= all.size();) {
      const std::size_t to = std::min(all.find('|', from), all.size());
      const std::string name(all.substr(from, to - from));
      CANDOUR_TRY(const Tag tag, lexicon_.tag(name));
      named_.push_back(name);
      out.add(tag);
      from = to + 1;
    }
    return out;
  }

  Result<Node> list(int depth) {
    const std::size_t close = rest_.find('}');
    const std::string name(rest_.substr(0, close));
    if (close == std::string_view::npos) return invalid("a '{' without its '}'");
    rest_.remove_prefix(close + 1);
    const auto found = lists_.find(name);
    if (found == lists_.end()) return invalid("there is no fragment named '" + name + "'");
    Node out;
    out.kind = Node::Kind::choice;
    for (const std::string& item : found->second) {
      CANDOUR_TRY(Node one, parse(item, depth + 1));
      out.inner.push_back(std::move(one));
    }
    return out;
  }

  Result<Node> gap() {
    rest_.remove_prefix(2);
    std::size_t most = 0;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      most = most * 10 + static_cast<std::size_t>(rest_.front() - '0');
      rest_.remove_prefix(1);
      if (most > kGapMax) break;
    }
    if (most == 0 || most > kGapMax) {
      return invalid("a gap '..' that is not of 1 to " + std::to_string(kGapMax) + " words");
    }
    Node out;
    out.kind = Node::Kind::any;
    out.most = most;
    return out;
  }

  Result<Node> literal() {
    const std::size_t end = std::min(rest_.find_first_of(" ()|?*+<>{}^$!"), rest_.size());
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end);
    std::vector<Word> words;
    split_words(text, words);
    if (words.empty()) return invalid("'" + std::string(text) + "' where a word should stand");
    Node out;
    for (const Word& word : words) {
      Node item;
      item.kind = Node::Kind::item;
      item.literal = text.substr(word.start, word.end - word.start);
      CANDOUR_TRY(item.tags, literal_tag(item.literal));
      out.inner.push_back(std::move(item));
    }
    if (out.inner.size() > 1) return out;
    Node only = std::move(out.inner.front());
    return only;
  }

  const PatternLists& lists_;
  Lexicon& lexicon_;
  std::vector<std::string>& named_;
  std::string_view rest_;
};

void add_all(TagSet& to, const TagSet& from) {
  for (const Tag tag : from.list()) to.add(tag);
}

// Sets of tags that every match of `node` needs, one tag of each.
std::vector<TagSet> required_of(const Node& node) {
  std::vector<TagSet> out;
  switch (node.kind) {
    case Node::Kind::item:
      out.push_back(node.tags);
      break;
    case Node::Kind::sequence:
      for (const Node& inner : node.inner) {
        for (TagSet& set : required_of(inner)) out.push_back(std::move(set));
      }
      break;
    case Node::Kind::repeat:
      if (node.least == 1) out = required_of(node.inner.front());
      break;
    case Node::Kind::choice: {
      TagSet one;
      for (const Node& inner : node.inner) {
        const std::vector<TagSet> sets = required_of(inner);
        if (sets.empty()) return {};
        // The smallest set of an alternative says most about it.
        add_all(one, *std::min_element(sets.begin(), sets.end(), [](const auto& a, const auto& b) {
                  return a.list().size() < b.list().size();
                }));
      }
      out.push_back(std::move(one));
      break;
    }
    default:
      break;
  }
  return out;
}

// Adds what `node` can begin with; true when it can also match nothing, nothing known when it can
// begin with any word.
std::optional<bool> first_of(const Node& node, TagSet& out) {
  switch (node.kind) {
    case Node::Kind::item:
      add_all(out, node.tags);
      return false;
    case Node::Kind::any:
      return std::nullopt;
    case Node::Kind::sequence:
      for (const Node& inner : node.inner) {
        const std::optional<bool> empty = first_of(inner, out);
        if (!empty || !*empty) return empty;
      }
      return true;
    case Node::Kind::choice: {
      bool any_empty = false;
      for (const Node& inner : node.inner) {
        const std::optional<bool> empty = first_of(inner, out);
        if (!empty) return std::nullopt;
        any_empty = any_empty || *empty;
      }
      return any_empty;
    }
    case Node::Kind::repeat: {
      const std::optional<bool> empty = first_of(node.inner.front(), out);
      if (!empty) return std::nullopt;
      return node.least == 0 || *empty;
    }
    default:
      return true;
  }
}

}  // namespace

std::vector<Tag> TagSet::list() const {
  std::vector<Tag> out;
  for (std::size_t i = 0; i < bits_.size(); ++i) {
    for (std::uint64_t rest = bits_[i]; rest != 0; rest &= rest - 1) {
      out.push_back(static_cast<Tag>(i * 64 + static_cast<std::size_t>(std::countr_zero(rest))));
    }
  }
  return out;
}

// Turns nodes into steps.
class PhraseCompiler {
 public:
  explicit PhraseCompiler(Phrase& phrase) : phrase_(phrase) {}

  void emit(const Node& node) {
    using Op = Phrase::Op;
    switch (node.kind) {
      case Node::Kind::item:
      case Node::Kind::not_item:
        add(node.kind == Node::Kind::item ? Op::item : Op::not_item, add_item(node.tags));
        break;
      case Node::Kind::any:
        emit_gap(node.most);
        break;
      case Node::Kind::sentence_start:
        add(Op::sentence_start);
        break;
      case Node::Kind::sentence_end:
        add(Op::sentence_end);
        break;
      case Node::Kind::sequence:
        for (const Node& inner : node.inner) emit(inner);
        break;
      case Node::Kind::repeat:
        emit_repeat(node);
        break;
      case Node::Kind::choice:
        emit_choice(node);
        break;
    }
  }
  std::size_t add(Phrase::Op op, std::size_t x = 0) {
    phrase_.steps_.push_back({op, static_cast<std::uint32_t>(x), 0});
    return phrase_.steps_.size() - 1;
  }

 private:
  std::uint32_t here() const { return static_cast<std::uint32_t>(phrase_.steps_.size()); }

  std::size_t add_item(const TagSet& set) {
    const std::vector<Tag> tags = set.list();
    Phrase::Item item;
    item.begin = static_cast<std::uint32_t>(phrase_.tags_.size());
    phrase_.tags_.insert(phrase_.tags_.end(), tags.begin(), tags.end());
    item.end = static_cast<std::uint32_t>(phrase_.tags_.size());
    phrase_.items_.push_back(item);
    return phrase_.items_.size() - 1;
  }

  // The fewest words first: what follows is found as near as it stands.
  void emit_gap(std::size_t most) {
    std::vector<std::size_t> exits;
    for (std::size_t i = 0; i < most; ++i) {
      exits.push_back(add(Phrase::Op::split));
      phrase_.steps_[exits.back()].y = here();
      add(Phrase::Op::any);
    }
    for (const std::size_t exit : exits) phrase_.steps_[exit].x = here();
  }

  void emit_repeat(const Node& node) {
    const std::uint32_t top = here();
    if (node.least == 1) {
      emit(node.inner.front());
      const std::size_t again = add(Phrase::Op::split, top);
      phrase_.steps_[again].y = here();
      return;
    }
    const std::size_t choice = add(Phrase::Op::split, top + 1);
    emit(node.inner.front());
    if (node.most == 0) add(Phrase::Op::jump, choice);
    phrase_.steps_[choice].y = here();
  }

  void emit_choice(const Node& node) {
    std::vector<std::size_t> exits;
    for (std::size_t i = 0; i + 1 < node.inner.size(); ++i) {
      const std::size_t choice = add(Phrase::Op::split, here() + 1);
      emit(node.inner[i]);
      exits.push_back(add(Phrase::Op::jump));
      phrase_.steps_[choice].y = here();
    }
    emit(node.inner.back());
    for (const std::size_t exit : exits) phrase_.steps_[exit].x = here();
  }

  Phrase& phrase_;
};

Result<Phrase> Phrase::compile(std::string_view source, const PatternLists& lists,
                               Lexicon& lexicon) {
  Phrase phrase;
  Parser parser(lists, lexicon, phrase.named_);
  CANDOUR_TRY(const Node node, parser.parse(source, 0));
  PhraseCompiler compiler(phrase);
  compiler.emit(node);
  compiler.add(Op::match);
  if (phrase.steps_.size() > kStepsMax) {
    return error(ErrorCode::policy_invalid, "it has more than " + std::to_string(kStepsMax) +
                                                " steps; use tags for its words");
  }
  phrase.steps_.shrink_to_fit();
  phrase.items_.shrink_to_fit();
  phrase.tags_.shrink_to_fit();
  phrase.required_ = required_of(node);
  if (phrase.required_.empty()) {
    return error(ErrorCode::policy_invalid,
                 "no word of it has to be there: it would match anything");
  }
  const std::optional<bool> empty = first_of(node, phrase.first_);
  phrase.first_known_ = empty.has_value() && !*empty;
  return phrase;
}

}  // namespace candour::policy
