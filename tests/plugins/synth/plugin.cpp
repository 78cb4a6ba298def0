// An instrument for tests: a decaying sine per note; velocity, controller 7 (volume) and pitch bend (2 semitones) act at their frame.
#include "DistrhoPlugin.hpp"
#include <cmath>
#include <cstring>

START_NAMESPACE_DISTRHO

struct Voice { double phase; float level; bool held; };

class TestSynth : public Plugin {
    float decayS = 1.0f, releaseS = 0.05f, volume, bend;
    Voice voices[128];

public:
    TestSynth() : Plugin(2, 0, 0) { activate(); }

protected:
    const char* getLabel() const override { return "TestSynth"; }
    const char* getMaker() const override { return "Mixengine Tests"; }
    const char* getLicense() const override { return "MIT"; }
    uint32_t getVersion() const override { return d_version(1, 0, 0); }
    int64_t getUniqueId() const override { return d_cconst('T', 'S', 'y', 'n'); }

    void initParameter(uint32_t index, Parameter& p) override {
        p.hints = kParameterIsAutomatable;
        p.name = index == 0 ? "Decay" : "Release";
        p.symbol = index == 0 ? "decay_s" : "release_s";
        p.ranges.def = getParameterValue(index);
        p.ranges.min = 0.01f;
        p.ranges.max = 4.0f;
    }

    float getParameterValue(uint32_t index) const override { return index == 0 ? decayS : releaseS; }
    void setParameterValue(uint32_t index, float value) override { (index == 0 ? decayS : releaseS) = value; }

    void activate() override {
        volume = 1.0f;
        bend = 0.0f;
        std::memset(voices, 0, sizeof voices);
    }

    void obey(const MidiEvent& event) {
        const uint8_t* d = event.data;
        if (event.size < 2) return;
        const uint8_t kind = d[0] & 0xf0;
        if (kind == 0x90 && d[2] > 0) voices[d[1]] = { 0.0, d[2] / 127.0f * 0.25f, true };
        else if (kind == 0x90 || kind == 0x80) voices[d[1]].held = false;
        else if (kind == 0xb0 && d[1] == 7) volume = d[2] / 127.0f;
        else if (kind == 0xb0 && d[1] == 123) for (Voice& v : voices) v.held = false;
        else if (kind == 0xe0) bend = 2.0f * ((d[1] | (d[2] << 7)) - 8192) / 8192.0f;
    }

    void run(const float**, float** out, uint32_t frames, const MidiEvent* events, uint32_t count) override {
        const double rate = getSampleRate();
        const float held = std::exp(-1.0 / (decayS * rate)), let = std::exp(-1.0 / (releaseS * rate));
        uint32_t next = 0;
        for (uint32_t i = 0; i < frames; ++i) {
            while (next < count && events[next].frame <= i) obey(events[next++]);
            float y = 0.0f;
            for (int n = 0; n < 128; ++n) {
                Voice& v = voices[n];
                if (v.level < 1e-7f) continue;
                y += v.level * float(std::sin(6.283185307179586 * v.phase));
                v.phase += 440.0 * std::pow(2.0, (n - 69 + bend) / 12.0) / rate;
                v.phase -= std::floor(v.phase);
                v.level *= v.held ? held : let;
            }
            out[0][i] = y * volume;
            out[1][i] = y * volume * 0.5f;
        }
    }

    DISTRHO_DECLARE_NON_COPYABLE_WITH_LEAK_DETECTOR(TestSynth)
};

Plugin* createPlugin() { return new TestSynth(); }

END_NAMESPACE_DISTRHO
