// One plugin in many kinds: a gain, a synthesiser, and those that do what a plugin must not.
// Its parameter "Gain" sets off the faults of processing beyond 1.5, so that they load and are told apart.

#include "DistrhoPlugin.hpp"

#include <cmath>

START_NAMESPACE_DISTRHO

namespace {

enum Kind { PLAIN, CRASH, HANG, NOT_A_NUMBER, CRASH_ON_LOAD, HANG_ON_LOAD, CRASH_ON_UNLOAD };

constexpr uint32_t LATE_SAMPLES = 100;
constexpr float TRIGGER = 1.5f;

void crash()
{
    volatile int* volatile nowhere = nullptr;  // twice volatile: no compiler sees that it is nothing
    *nowhere = 1;
}

void hang()
{
    for (volatile unsigned turns = 0;; turns = turns + 1) {}
}

}  // namespace

class TestPlugin : public Plugin
{
public:
    TestPlugin() : Plugin(2, 0, 0)
    {
        if (TEST_KIND == CRASH_ON_LOAD) crash();
        if (TEST_KIND == HANG_ON_LOAD) hang();
    }

    ~TestPlugin() override
    {
        if (TEST_KIND == CRASH_ON_UNLOAD) crash();
    }

protected:
    const char* getLabel() const override { return DISTRHO_PLUGIN_NAME; }
    const char* getMaker() const override { return "Cuewright"; }
    const char* getLicense() const override { return "GPL-3.0-or-later"; }
    uint32_t getVersion() const override { return d_version(1, 2, 3); }
    int64_t getUniqueId() const override { return TEST_ID; }

    void initParameter(uint32_t index, Parameter& parameter) override
    {
        parameter.hints = kParameterIsAutomatable;
        if (index == 0) {
            parameter.name = "Gain";
            parameter.symbol = "gain";
            parameter.unit = "x";
            parameter.ranges = ParameterRanges(1.0f, 0.0f, 2.0f);
        } else {
            parameter.name = "Reverse";
            parameter.symbol = "reverse";
            parameter.hints |= kParameterIsBoolean;
            parameter.ranges = ParameterRanges(0.0f, 0.0f, 1.0f);
        }
    }

    float getParameterValue(uint32_t index) const override { return index == 0 ? gain : reverse; }
    void setParameterValue(uint32_t index, float value) override { (index == 0 ? gain : reverse) = value; }

    void activate() override
    {
#if DISTRHO_PLUGIN_WANT_LATENCY
        setLatency(LATE_SAMPLES);
#endif
        for (auto& channel : held) for (float& sample : channel) sample = 0.0f;
        at = 0;
        level = phase = 0.0;
        fall = 1.0;
    }

#if DISTRHO_PLUGIN_WANT_MIDI_INPUT
    void run(const float**, float** outputs, uint32_t frames, const MidiEvent* events, uint32_t count) override
    {
        uint32_t next = 0;
        for (uint32_t frame = 0; frame < frames; ++frame) {
            for (; next < count && events[next].frame <= frame; ++next) hear(events[next]);
            const float sample = static_cast<float>(gain * level * std::cos(phase));
            phase += step;
            for (uint32_t channel = 0; channel < DISTRHO_PLUGIN_NUM_OUTPUTS; ++channel) {
                float out = sample;
                if (DISTRHO_PLUGIN_WANT_LATENCY) std::swap(out, held[channel][at]);
                outputs[channel][frame] = out;
            }
            at = (at + 1) % LATE_SAMPLES;
            if (gain > TRIGGER && level > 0.0) {
                if (TEST_KIND == CRASH) crash();
                if (TEST_KIND == HANG) hang();
            }
            level *= fall;
        }
    }

    void hear(const MidiEvent& event)
    {
        const uint8_t kind = event.data[0] & 0xF0, note = event.data[1], velocity = event.data[2];
        if (kind == 0x90 && velocity > 0) {
            level = velocity / 127.0;
            fall = 1.0;
            phase = 0.0;
            step = 2.0 * M_PI * 440.0 * std::pow(2.0, (note - 69) / 12.0) / getSampleRate();
        } else if (kind == 0x80 || kind == 0x90 || (kind == 0xB0 && (note == 120 || note == 123))) {
            fall = std::exp(-1.0 / (0.02 * getSampleRate()));  // it rings out
        }
    }
#else
    void run(const float** inputs, float** outputs, uint32_t frames) override
    {
#if DISTRHO_PLUGIN_NUM_INPUTS == 0
        for (uint32_t channel = 0; channel < DISTRHO_PLUGIN_NUM_OUTPUTS; ++channel)
            for (uint32_t frame = 0; frame < frames; ++frame) outputs[channel][frame] = level;
        level = gain;  // louder than at first: hosts wait for that
        return;
#endif
        const bool triggered = gain > TRIGGER;
        if (triggered && TEST_KIND == CRASH) crash();
        if (triggered && TEST_KIND == HANG) hang();
        const float factor = triggered && TEST_KIND == NOT_A_NUMBER ? std::nanf("") : reverse > 0.5f ? -gain : gain;
        for (uint32_t frame = 0; frame < frames; ++frame) {
            for (uint32_t channel = 0; channel < DISTRHO_PLUGIN_NUM_OUTPUTS; ++channel) {
                float sample = inputs[channel][frame];
                if (DISTRHO_PLUGIN_WANT_LATENCY) std::swap(sample, held[channel][at]);
                outputs[channel][frame] = sample * factor;
            }
            at = (at + 1) % LATE_SAMPLES;
        }
    }
#endif

private:
    float gain = 1.0f, reverse = 0.0f;
    float held[2][LATE_SAMPLES] = {};
    uint32_t at = 0;
    double level = 0.0, phase = 0.0, step = 0.0, fall = 1.0;
};

Plugin* createPlugin() { return new TestPlugin(); }

END_NAMESPACE_DISTRHO
