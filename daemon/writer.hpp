// Where commands of people are carried out: one transaction each, on whatever thread asks; the store
// lets one write at a time.
#pragma once

#include <functional>

#include "web/api.hpp"

namespace assured {

// `committed` is called after each commit, so that workers look again. Thread: safe, when it is.
class Writer : public web::CommandPort {
 public:
  Writer(Store& store, FileStore& files, const CurrentProgrammes& programmes, const Clock& clock,
         std::function<void()> committed)
      : store_(store),
        files_(files),
        programmes_(programmes),
        clock_(clock),
        committed_(std::move(committed)) {}

  Result<Outcome> apply(const Command& command) override;
  Result<Outcome> acknowledge(const Acknowledge& command) override;
  Result<Outcome> suspend(const Suspend& command) override;
  Result<Meeting> change_meeting(const MeetingCommand& command) override;
  Result<Outcome> rebind(const Rebind& command) override;
  Result<void> load_people(std::string_view board, const PeopleFile& people,
                           const Caller& caller) override;
  Result<FileRecord> attach(AttachFile command, std::string_view bytes) override;
  void record_reads(std::string_view board, const std::vector<ReadRecord>& reads) override;

 private:
  Store& store_;
  FileStore& files_;
  const CurrentProgrammes& programmes_;
  const Clock& clock_;
  std::function<void()> committed_;
};

}  // namespace assured
