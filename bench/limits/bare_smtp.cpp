#include "bench/limits/bare_smtp.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace assured::bench {
namespace {

struct CleanUpEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct CleanUpMulti {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// One kept connection.
class Connection {
 public:
  explicit Connection(int port) : recipients_(curl_slist_append(nullptr, "<someone@board.example>")) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    handle_.reset(curl_easy_init());
    CURL* h = handle_.get();
    curl_easy_setopt(h, CURLOPT_URL, ("smtp://127.0.0.1:" + std::to_string(port) + "/bench.example").c_str());
    curl_easy_setopt(h, CURLOPT_MAIL_FROM, "<board@board.example>");
    curl_easy_setopt(h, CURLOPT_MAIL_RCPT, recipients_.get());
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_PROXY, "");
    curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(h, CURLOPT_READFUNCTION, &Connection::read);
    curl_easy_setopt(h, CURLOPT_READDATA, this);
    curl_easy_setopt(h, CURLOPT_PRIVATE, this);
  }
  CURL* handle() const { return handle_.get(); }
  void take(const std::string& message) {
    message_ = &message;
    at_ = 0;
  }

 private:
  static std::size_t read(char* into, std::size_t size, std::size_t count, void* self) {
    auto& c = *static_cast<Connection*>(self);
    const std::size_t length = std::min(size * count, c.message_->size() - c.at_);
    std::memcpy(into, c.message_->data() + c.at_, length);
    c.at_ += length;
    return length;
  }

  std::unique_ptr<curl_slist, FreeList> recipients_;
  std::unique_ptr<CURL, CleanUpEasy> handle_;
  const std::string* message_ = nullptr;
  std::size_t at_ = 0;
};

[[noreturn]] void fail(CURLcode code) {
  throw std::runtime_error(std::string{"limit: the relay did not take a message: "} + curl_easy_strerror(code));
}

}  // namespace

void send_by_threads(int port, const std::vector<std::string>& messages, std::size_t count,
                     std::size_t connections) {
  std::atomic<std::size_t> next{0};
  std::atomic<CURLcode> failed{CURLE_OK};
  const auto run = [&] {
    Connection connection{port};
    for (std::size_t i = next++; i < count; i = next++) {
      connection.take(messages[i % messages.size()]);
      const CURLcode code = curl_easy_perform(connection.handle());
      if (code != CURLE_OK) failed = code;
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < connections; ++i) threads.emplace_back(run);
  for (std::thread& thread : threads) thread.join();
  if (failed != CURLE_OK) fail(failed);
}

void send_by_multi(int port, const std::vector<std::string>& messages, std::size_t count,
                   std::size_t connections) {
  std::vector<std::unique_ptr<Connection>> all;
  const std::unique_ptr<CURLM, CleanUpMulti> multi{curl_multi_init()};
  curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(connections));
  std::size_t next = 0, done = 0;
  const auto begin = [&](Connection& connection) {
    connection.take(messages[next++ % messages.size()]);
    curl_multi_add_handle(multi.get(), connection.handle());
  };
  for (std::size_t i = 0; i < connections && next < count; ++i)
    begin(*all.emplace_back(std::make_unique<Connection>(port)));
  while (done < count) {
    int running = 0, left = 0;
    curl_multi_perform(multi.get(), &running);
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      if (message->data.result != CURLE_OK) fail(message->data.result);
      Connection* connection = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &connection);
      curl_multi_remove_handle(multi.get(), connection->handle());
      ++done;
      if (next < count) begin(*connection);
    }
    if (done < count) curl_multi_poll(multi.get(), nullptr, 0, 100, nullptr);
  }
}

}  // namespace assured::bench
