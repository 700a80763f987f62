// hnswlib compiled for this very processor, which Debian's is not: what its distances gain from wide registers. It reads a data set
// that `ann` has prepared (squared Euclidean distance) and prints recall@10 and queries a second, the best of three runs on one
// core. Needs libhnswlib-dev and g++:
//
//   g++ -O3 -march=native -std=c++14 test/Benchmarks/peers/hnswlib-native.cpp -o hnswlib-native -lpthread
//   taskset -c 0,1 ./hnswlib-native CACHE/fashion-mnist-*
#include <hnswlib/hnswlib.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

const size_t K = 10, M = 16, EfConstruction = 200;

// The values of a .npy file of version 1, and the number of its columns.
template <typename T>
std::vector<T> Read(const std::string& path, size_t* columns) {
  std::ifstream file(path, std::ios::binary);
  char head[10];
  if (!file.read(head, sizeof head)) {
    std::fprintf(stderr, "%s cannot be read: run `ann --dataset fashion-mnist` first.\n", path.c_str());
    std::exit(1);
  }
  std::string header(static_cast<uint8_t>(head[8]) | static_cast<uint8_t>(head[9]) << 8, ' ');
  file.read(&header[0], header.size());
  size_t rows = 0;
  std::sscanf(header.c_str() + header.find("'shape': (") + 10, "%zu, %zu", &rows, columns);
  std::vector<T> values(rows * *columns);
  file.read(reinterpret_cast<char*>(values.data()), values.size() * sizeof(T));
  return values;
}

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: hnswlib-native FOLDER, with base.npy, queries.npy and truth.npy\n");
    return 1;
  }
  const std::string folder = std::string(arguments[1]) + "/";
  size_t dimension, k;
  const auto base = Read<float>(folder + "base.npy", &dimension), queries = Read<float>(folder + "queries.npy", &dimension);
  const auto truth = Read<int32_t>(folder + "truth.npy", &k);
  const size_t vectors = base.size() / dimension, asked = queries.size() / dimension;
  hnswlib::L2Space space(dimension);
  hnswlib::HierarchicalNSW<float> index(&space, vectors, M, EfConstruction);

  double start = Seconds();
  index.addPoint(base.data(), 0);
  const size_t threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> builders;
  for (size_t thread = 0; thread < threads; thread++) {
    builders.emplace_back([&, thread] {
      for (size_t i = 1 + thread; i < vectors; i += threads) index.addPoint(base.data() + i * dimension, i);
    });
  }
  for (auto& builder : builders) builder.join();
  std::printf("built in %.1f s on %zu threads\n", Seconds() - start, threads);

  for (size_t ef : {10, 15, 20, 24, 30, 40, 48, 60, 80, 100, 128}) {
    index.setEf(ef);
    double best = 1e9;
    size_t right = 0;
    for (int run = 0; run < 3; run++) {
      std::vector<std::priority_queue<std::pair<float, hnswlib::labeltype>>> found(asked);
      start = Seconds();
      for (size_t i = 0; i < asked; i++) found[i] = index.searchKnn(queries.data() + i * dimension, K);
      best = std::min(best, Seconds() - start);
      right = 0;
      for (size_t i = 0; i < asked; i++) {
        for (; !found[i].empty(); found[i].pop()) right += std::count(&truth[i * k], &truth[i * k] + K, static_cast<int32_t>(found[i].top().second));
      }
    }
    std::printf("ef_search %zu: recall@10 %.4f, %.0f queries/s\n", ef, right / static_cast<double>(K * asked), asked / best);
  }
  return 0;
}
