// An effect for tests: a one-pole low pass, a soft curve and a gain, 137 frames late, which it reports.
#include "DistrhoPlugin.hpp"
#include <cmath>
#include <cstring>

START_NAMESPACE_DISTRHO

static const uint32_t kLate = 137;

class TestGain : public Plugin {
    float gainDb = 0.0f, cutoffHz = 20000.0f, drive = 0.0f, state[2], line[2][kLate];
    uint32_t place;

public:
    TestGain() : Plugin(3, 0, 0) { activate(); setLatency(kLate); }

protected:
    const char* getLabel() const override { return "TestGain"; }
    const char* getMaker() const override { return "Mixengine Tests"; }
    const char* getLicense() const override { return "MIT"; }
    uint32_t getVersion() const override { return d_version(1, 0, 0); }
    int64_t getUniqueId() const override { return d_cconst('T', 'G', 'a', 'i'); }

    void initParameter(uint32_t index, Parameter& p) override {
        static const char* const names[] = { "Gain", "Cutoff", "Drive" };
        static const char* const symbols[] = { "gain_db", "cutoff_hz", "drive" };
        p.hints = kParameterIsAutomatable;
        p.name = names[index];
        p.symbol = symbols[index];
        p.ranges.def = getParameterValue(index);
        p.ranges.min = index == 0 ? -60.0f : index == 1 ? 20.0f : 0.0f;
        p.ranges.max = index == 0 ? 24.0f : index == 1 ? 20000.0f : 1.0f;
    }

    float getParameterValue(uint32_t index) const override { return index == 0 ? gainDb : index == 1 ? cutoffHz : drive; }
    void setParameterValue(uint32_t index, float value) override { (index == 0 ? gainDb : index == 1 ? cutoffHz : drive) = value; }

    void activate() override {
        std::memset(state, 0, sizeof state);
        std::memset(line, 0, sizeof line);
        place = 0;
    }

    void run(const float** in, float** out, uint32_t frames) override {
        const float gain = std::pow(10.0f, gainDb / 20.0f);
        const float a = 1.0f - std::exp(-6.2831853f * cutoffHz / float(getSampleRate()));
        for (uint32_t i = 0; i < frames; ++i) {
            for (int c = 0; c < 2; ++c) {
                state[c] += a * (in[c][i] - state[c]);
                const float y = gain * (drive > 0.0f ? std::tanh((1.0f + 4.0f * drive) * state[c]) : state[c]);
                out[c][i] = line[c][place];
                line[c][place] = y;
            }
            place = (place + 1) % kLate;
        }
    }

    DISTRHO_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR(TestGain)
};

Plugin* createPlugin() { return new TestGain(); }

END_NAMESPACE_DISTRHO
