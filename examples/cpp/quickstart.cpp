// A random agent in C++: quickstart [ENVIRONMENT [STEPS]]
#include <gogym.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

// The error of a failed call.
class Error : public std::runtime_error {
 public:
  explicit Error(const gym_error &error)
      : std::runtime_error(std::string(gym_status_name(error.code)) + ": " + error.message),
        code(error.code) {}
  const int code;
};

// Calls a gogym function with an error struct as its last argument, and throws what it says.
template <typename Function, typename... Arguments>
void call(Function function, Arguments... arguments) {
  gym_error error = GYM_ERROR_INIT;
  if (function(arguments..., &error) != GYM_OK) throw Error(error);
}

// An environment, closed at the end of its scope.
class Environment {
 public:
  explicit Environment(const std::string &id, const char *options = nullptr) {
    call(gym_make, id.c_str(), options, &env_);
  }
  ~Environment() { gym_close(env_, nullptr); }
  Environment(const Environment &) = delete;
  Environment &operator=(const Environment &) = delete;

  std::size_t observation_size() const { return size(gym_observation_size); }
  std::size_t action_size() const { return size(gym_action_size); }

  void reset(std::vector<double> &obs, const std::int64_t *seed = nullptr) {
    call(gym_reset, env_, seed, nullptr, obs.data(), obs.size());
  }
  gym_transition step(const std::vector<double> &action, std::vector<double> &obs) {
    gym_transition transition;
    call(gym_step, env_, action.data(), action.size(), obs.data(), obs.size(), &transition);
    return transition;
  }
  void seed_action(std::int64_t seed) { call(gym_seed_action, env_, seed); }
  void sample_action(std::vector<double> &action) {
    call(gym_sample_action, env_, action.data(), action.size());
  }

 private:
  // Spaces without a fixed size (GYM_DYNAMIC) have no place in a std::vector<double>.
  std::size_t size(int (*function)(gym_env, std::size_t *, gym_error *)) const {
    std::size_t size = 0;
    call(function, env_, &size);
    if (size == GYM_DYNAMIC) throw std::length_error("the space has no fixed size");
    return size;
  }

  gym_env env_{};
};

static double play(const std::string &id, long steps) {
  const std::int64_t seed = 42;
  Environment env(id);
  std::vector<double> obs(env.observation_size()), action(env.action_size());
  double total = 0;
  env.seed_action(seed);
  env.reset(obs, &seed);
  for (long i = 0; i < steps; i++) {
    env.sample_action(action);
    const gym_transition step = env.step(action, obs);
    total += step.reward;
    if (step.terminated || step.truncated) env.reset(obs);
  }
  return total;
}

int main(int argc, char **argv) {
  const std::string id = argc > 1 ? argv[1] : "CartPole-v1";
  const long steps = argc > 2 ? std::strtol(argv[2], nullptr, 10) : 10000;
  int status = EXIT_FAILURE;
  try {
    call(gym_init, nullptr);  // start Python before the clock
    const auto start = std::chrono::steady_clock::now();
    const double total = play(id, steps);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    std::printf("%s: %ld steps, return %.1f, %.0f steps/s\n", id.c_str(), steps, total,
                steps / elapsed.count());
    status = EXIT_SUCCESS;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  gym_shutdown(nullptr);  // flushes what Python printed
  return status;
}
