// The one file that compiles the separately compiled parts of Boost (about 19 s).
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
#include <boost/json/src.hpp>
