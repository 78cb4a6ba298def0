// An effect for tests that does what plug-ins must not: its parameter says what, in the first block that is not silent.
// The environment variable TEST_TROUBLE says it for loading.
#include "DistrhoPlugin.hpp"
#include <cstdlib>
#include <cstring>
#include <vector>

START_NAMESPACE_DISTRHO

class TestTrouble : public Plugin {
    float kind = 0.0f;
    std::vector<char*> taken;
    uint32_t noise = 1;
    uint64_t played = 0;

    void make(int which) {
        if (which == 1) std::abort();
        if (which == 2) for (volatile int i = 0;; ++i) {}
        if (which == 3) for (int i = 0; i < 160; ++i) { taken.push_back(new char[64 << 20]); std::memset(taken.back(), 1, 64 << 20); }
    }

public:
    TestTrouble() : Plugin(1, 0, 0) {
        if (const char* named = std::getenv("TEST_TROUBLE")) make(std::atoi(named));
    }

protected:
    const char* getLabel() const override { return "TestTrouble"; }
    const char* getMaker() const override { return "Mixengine Tests"; }
    const char* getLicense() const override { return "MIT"; }
    uint32_t getVersion() const override { return d_version(1, 0, 0); }
    int64_t getUniqueId() const override { return d_cconst('T', 'T', 'r', 'o'); }

    void initParameter(uint32_t, Parameter& p) override {
        p.hints = kParameterIsAutomatable;
        p.name = "Kind";
        p.symbol = "kind";
        p.ranges.def = 0.0f;
        p.ranges.min = 0.0f;
        p.ranges.max = 7.0f;
    }

    float getParameterValue(uint32_t) const override { return kind; }
    void setParameterValue(uint32_t, float value) override { kind = value; }

    void run(const float** in, float** out, uint32_t frames) override {
        const int which = int(kind + 0.5f);
        float loudest = 0.0f;
        for (uint32_t i = 0; i < frames; ++i) loudest = in[0][i] > loudest ? in[0][i] : loudest;
        if (loudest > 0.0f) make(which);
        for (uint32_t i = 0; i < frames; ++i) {
            noise = noise * 1664525u + 1013904223u;
            // 6 and 7: for half a second in every four, as plug-ins do whose licence is missing, noise or silence
            const bool now = (played + i) % uint64_t(4.0 * getSampleRate()) >= uint64_t(3.5 * getSampleRate());
            const float extra = which == 4 || (which == 6 && now) ? 0.5f * (int32_t(noise) / 2147483648.0f) : 0.0f;
            const float kept = which == 7 && now ? 0.0f : 1.0f;
            for (int c = 0; c < 2; ++c) out[c][i] = which == 5 && loudest > 0.0f ? in[c][i] / 0.0f : kept * in[c][i] + extra;
        }
        played += frames;
    }

    DISTRHO_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR(TestTrouble)
};

Plugin* createPlugin() { return new TestTrouble(); }

END_NAMESPACE_DISTRHO
