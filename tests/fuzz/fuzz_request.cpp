// Requests to the API of an example board. An input is up to 16 requests, so that a fuzzer can walk an
// item forward, parted by lines "%%"; each is "CALLER METHOD TARGET KEY", a line end, and the body. CALLER
// is a digit; KEY, the idempotency key, may be left out. A board keeps what earlier inputs did, and is made anew after
// some hundred, since lists of ever more items take ever longer: a crash that a lone input does not repeat needs the
// inputs before it.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "tests/e2e/example_board.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "web/target.hpp"

using namespace assured;

namespace {

constexpr std::size_t requests_max = 16;
constexpr int inputs_a_board = 200;

std::unique_ptr<test::ExampleBoard> the_board;

test::ExampleBoard& board() { return *the_board; }

void renew_board() {
  static int inputs = 0;
  if (inputs++ % inputs_a_board != 0) return;
  the_board.reset();
  the_board = std::make_unique<test::ExampleBoard>();
  spdlog::set_level(spdlog::level::off);
}

// RFC 9457, and a sentence that a person can read.
void check_problem(const web::Response& response) {
  ASSURED_ASSERT(response.content_type == "application/problem+json");
  const auto document = boost::json::parse(response.body).as_object();
  ASSURED_ASSERT(document.at("status").as_int64() == response.status);
  for (const auto* member : {"type", "title", "code", "detail"}) {
    const auto& text = document.at(member).as_string();
    ASSURED_ASSERT(!text.empty() && is_printable({text.data(), text.size()}));
  }
  // Neither is a client's to cause: the store is whole and an exception is ours.
  ASSURED_ASSERT(response.status != 500 && response.status != 503);
}

void check(const web::Request& request, const web::Response& response) {
  if (response.status >= 400) return check_problem(response);
  ASSURED_ASSERT(response.status == 200 || response.status == 201);
  if (response.content_type == "application/json")
    ASSURED_ASSERT(boost::json::parse(response.body).is_object());
  // S14.4: an unmapped user reads status only.
  if (request.uid != test::nobody) return;
  const auto target = web::parse_target(request.target);
  ASSURED_ASSERT(target && target->segments.size() == 2);
  ASSURED_ASSERT(target->segments[1] == "health" || target->segments[1] == "boards");
}

void ask(std::string_view input) {
  constexpr std::array callers{test::qa_officer, test::police_lead, test::nhs_lead,
                               test::qa_chair,   test::operator_only, test::nobody};
  const auto [line, body] = fuzz::cut(input, "\n");
  const auto [who, rest] = fuzz::cut(line, " ");
  const auto [method, words] = fuzz::cut(rest, " ");
  const auto [target, key] = fuzz::cut(words, " ");
  const uid_t caller =
      callers[who.empty() ? 0 : static_cast<unsigned char>(who.front()) % callers.size()];
  web::Request request;
  request.uid = caller;
  request.method = method;
  request.target = target.starts_with("/v1")
                       ? std::string{target}
                       : fmt::format("/v1/boards/{}{}", test::board_id, target);
  request.idempotency_key = key;
  request.body = body;
  const auto response = web::handle(request, board().api);
  check(request, response);
  // S14.2: the same request with the same key is carried out once, and answered the same.
  if (key.empty() || method != "POST" || response.status >= 400) return;
  ASSURED_ASSERT(web::handle(request, board().api).body == response.body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  renew_board();
  auto input = fuzz::text_of(data, size);
  for (std::size_t i = 0; i < requests_max && !input.empty(); ++i) {
    const auto [one, rest] = fuzz::cut(input, "\n%%\n");
    ask(one);
    input = rest;
  }
  return 0;
}
